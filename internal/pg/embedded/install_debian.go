package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// debianBin is where Debian's packages put servers, by major version, below the
// root they are unpacked to.
const debianBin = "usr/lib/postgresql"

// byPackage installs the distribution's server package, as root, so that it
// leaves no cluster and no service running behind it.
func (o InstallOptions) byPackage(ctx context.Context) (string, error) {
	if os.Geteuid() != 0 {
		return "", fmt.Errorf("%w: it needs root", errNotHere)
	}
	const quiet = "DEBIAN_FRONTEND=noninteractive"
	o.say("reading the distribution's package lists (apt-get update)")
	if _, err := tool(ctx, "/", []string{quiet}, "apt-get", "update"); err != nil {
		return "", err
	}
	pkg, version, err := o.debianPackage(ctx, nil)
	if err != nil {
		return "", err
	}
	undo, err := noService("/")
	defer undo()
	if err != nil {
		return "", err
	}
	o.say("installing the distribution's package %s (apt-get install), without a service", pkg)
	if _, err := tool(ctx, "/", []string{quiet}, "apt-get", "install", "-y", "--no-install-recommends",
		"-o", "Dpkg::Options::=--force-confold", pkg); err != nil {
		return "", err
	}
	bin, err := find(ctx, version, nil)
	if err != nil {
		return "", err
	}
	return bin, o.tryOut(ctx, bin)
}

// noService keeps a package being installed from starting services
// (policy-rc.d) and from making a cluster (createcluster.d), by files that undo
// removes. Files already there are left alone: then the machine's owner decides.
// root is the root of the file system, another one in tests.
func noService(root string) (undo func(), err error) {
	files := map[string]string{
		"usr/sbin/policy-rc.d": "#!/bin/sh\nexit 101\n",
		"etc/postgresql-common/createcluster.d/attribution.conf": "create_main_cluster = false\n",
	}
	var made []string
	undo = func() {
		for _, path := range made {
			_ = os.Remove(path) // a folder only when the package put nothing into it
		}
	}
	for name, text := range files {
		path := filepath.Join(root, name)
		if _, err := os.Stat(filepath.Dir(path)); errors.Is(err, os.ErrNotExist) {
			made = append(made, filepath.Dir(path))
		}
		err := writeFile(path, strings.NewReader(text), 0o755)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		made = append([]string{path}, made...) // files before their folders
		if err != nil {
			return undo, err
		}
	}
	return undo, nil
}

// serverPackage is the name of Debian's server packages.
var serverPackage = regexp.MustCompile(`^postgresql-(\d+)$`)

// debianPackage names the distribution's server package of the version wanted,
// or of the version it prefers.
func (o InstallOptions) debianPackage(ctx context.Context, aptOptions []string) (pkg, version string, err error) {
	if o.Version != "" {
		pkg = "postgresql-" + o.Version
	} else {
		out, err := tool(ctx, "/", nil, "apt-cache", append(aptOptions, "depends", "postgresql")...)
		if err != nil {
			return "", "", err
		}
		for _, word := range strings.Fields(out) {
			if serverPackage.MatchString(word) {
				pkg = word
			}
		}
	}
	m := serverPackage.FindStringSubmatch(pkg)
	if m == nil {
		return "", "", fmt.Errorf("the distribution has no package of a PostgreSQL server %s", o.Version)
	}
	if major, err := strconv.Atoi(m[1]); err != nil || !supported(major) {
		return "", "", fmt.Errorf("the distribution's %s is not among the versions %d to %d", pkg, OldestSupported, NewestSupported)
	}
	out, err := tool(ctx, "/", nil, "apt-cache", append(aptOptions, "policy", pkg)...)
	if err != nil {
		return "", "", err
	}
	if !strings.Contains(out, "Candidate:") || strings.Contains(out, "Candidate: (none)") {
		return "", "", fmt.Errorf("the distribution has no package %s", pkg)
	}
	return pkg, m[1], nil
}

// byUnpacking downloads the distribution's server package and the libraries it
// needs that are not installed, and unpacks them: no root needed. apt gets lists
// of its own to read and checks signatures as ever.
func (o InstallOptions) byUnpacking(ctx context.Context, scrap, folder string) (name, bin string, err error) {
	apt := filepath.Join(scrap, "apt")
	status := o.statusFile
	if status == "" {
		status = "/var/lib/dpkg/status"
	}
	options := []string{
		"-o", "Dir::State=" + filepath.Join(apt, "state"),
		"-o", "Dir::State::status=" + status,
		"-o", "Dir::Cache=" + filepath.Join(apt, "cache"),
		"-o", "Debug::NoLocking=1",
	}
	if os.Geteuid() == 0 { // else apt-get changes to a user of its own, who cannot write here
		options = append(options, "-o", "APT::Sandbox::User=root")
	}
	for _, dir := range []string{"state/lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(apt, dir), 0o755); err != nil {
			return "", "", err
		}
	}
	with := func(args ...string) []string { return append(append([]string(nil), options...), args...) }

	o.say("reading the distribution's package lists, for this user alone (apt-get update)")
	if _, err := tool(ctx, "/", nil, "apt-get", with("update")...); err != nil {
		return "", "", err
	}
	pkg, version, err := o.debianPackage(ctx, options)
	if err != nil {
		return "", "", err
	}
	plan, err := tool(ctx, "/", nil, "apt-get", with("install", "--simulate", "--no-install-recommends", pkg)...)
	if err != nil {
		return "", "", err
	}
	wanted := unpackable(plan, pkg)
	if len(wanted) == 0 {
		wanted = []string{pkg} // installed, but not found: damaged
	}
	debs := filepath.Join(scrap, "debs")
	if err := os.Mkdir(debs, 0o755); err != nil {
		return "", "", err
	}
	o.say("downloading %s (apt-get download)", strings.Join(wanted, ", "))
	if _, err := tool(ctx, debs, nil, "apt-get", with(append([]string{"download"}, wanted...)...)...); err != nil {
		return "", "", err
	}
	files, err := filepath.Glob(filepath.Join(debs, "*.deb"))
	if err != nil {
		return "", "", err
	}
	o.say("unpacking %d packages", len(files))
	for _, file := range files {
		if _, err := tool(ctx, "/", nil, "dpkg-deb", "-x", file, folder); err != nil {
			return "", "", err
		}
	}
	bin = filepath.Join(debianBin, version, "bin")
	if err := os.Remove(filepath.Join(folder, debianBin, version, "lib/llvmjit.so")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", "", err // without LLVM, which was not fetched, it must not be found
	}
	return "debian-" + version, bin, writeLibraryPath(folder, bin)
}

// planned is a line of "apt-get install --simulate".
var planned = regexp.MustCompile(`(?m)^Inst (\S+) `)

// unpackable picks from a simulated installation what a private server needs:
// the server, its client programs, and shared libraries, other than those of
// the C library, which must be the machine's own, and of LLVM, which is 100 MB
// for a compiler we switch off.
func unpackable(plan, server string) []string {
	client := strings.Replace(server, "postgresql-", "postgresql-client-", 1)
	var wanted []string
	for _, m := range planned.FindAllStringSubmatch(plan, -1) {
		name, _, _ := strings.Cut(m[1], ":")
		library := strings.HasPrefix(name, "lib") && !strings.HasSuffix(name, "-perl")
		for _, not := range []string{"libc6", "libc-", "libcrypt1", "libgcc", "libstdc++", "libllvm", "libz3", "libperl", "libpython", "libtcl"} {
			library = library && !strings.HasPrefix(name, not)
		}
		if name == server || name == client || library {
			wanted = append(wanted, name)
		}
	}
	return wanted
}

// writeLibraryPath notes every folder below root with shared libraries, for
// libraryPath.
func writeLibraryPath(root, bin string) error {
	var lines []string
	for _, pattern := range []string{"lib", "lib/*-linux-*", "usr/lib", "usr/lib/*-linux-*", "native/lib"} {
		dirs, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return err
		}
		for _, dir := range dirs {
			if libs, err := filepath.Glob(filepath.Join(dir, "*.so*")); err != nil || len(libs) == 0 {
				continue
			}
			rel, err := filepath.Rel(filepath.Join(root, bin), dir)
			if err != nil {
				return err
			}
			lines = append(lines, rel)
		}
	}
	return writeFile(filepath.Join(root, bin, libraryFile), strings.NewReader(strings.Join(lines, "\n")+"\n"), 0o644)
}
