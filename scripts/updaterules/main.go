// Command updaterules makes the files of rules/third_party anew from the public lists
// they are taken from, at the versions named below: raise one, run it, read the diff.
//
//	updaterules [-from folder]
//
// It needs a network, or under -from the same files by their names. Run it from the
// root of the repository.
package main

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// folder is where the files go.
const folder = "rules/third_party"

// Where the lists are had, by version. The crawlers' package is checked against the
// digest its registry gives; a commit's name is its own.
const (
	crawlersVersion = "1.60.0"
	crawlersSHA512  = "p8hKVsnZl3msolBhGW8s86V0tmmcuBSwhTXkzkegGQzTt0A/ysKDHKzek9fichfqL5qBEgDrR9CuGBU0Y7bDrg=="
	crawlersURL     = "https://registry.npmjs.org/crawler-user-agents/-/crawler-user-agents-" + crawlersVersion + ".tgz"

	matomo = "https://raw.githubusercontent.com/matomo-org/searchengine-and-social-list/"
)

// hostLists are the files of sites, with the category each gives.
var hostLists = []hostList{
	{"search", matomo + "02e45a1caccbcefaba4d27e407f969bc1d777557/SearchEngines.yml"},
	{"social", matomo + "03dcb356c076419f9d32c6da6b69344bd23db106/Socials.yml"},
	{"ai", matomo + "02a812577a19c32761a741871dfd66dc070e486a/AIAssistants.yml"},
}

func main() {
	from := flag.String("from", "", "take the files from this folder instead of the network")
	flag.Parse()
	if err := update(fetcher(*from), folder); err != nil {
		fmt.Fprintln(os.Stderr, "updaterules:", err)
		os.Exit(1)
	}
}

// A fetch reads what is at a URL.
type fetch func(url string) ([]byte, error)

// fetcher reads from the network, or where there is a folder from that.
func fetcher(from string) fetch {
	if from != "" {
		return func(url string) ([]byte, error) { return os.ReadFile(filepath.Join(from, path.Base(url))) }
	}
	client := &http.Client{Timeout: time.Minute}
	return func(url string) ([]byte, error) {
		answer, err := client.Get(url)
		if err != nil {
			return nil, err
		}
		defer func() { _ = answer.Body.Close() }()
		if answer.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s: %s", url, answer.Status)
		}
		return io.ReadAll(answer.Body)
	}
}

// update writes every file, and last their sums.
func update(get fetch, folder string) error {
	crawlers, err := readCrawlers(get)
	if err != nil {
		return err
	}
	hosts, err := readHosts(get)
	if err != nil {
		return err
	}
	files := crawlers.files()
	files["hosts.yaml"] = hosts
	names := make([]string, 0, len(files))
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			return err
		}
		names = append(names, name)
	}
	slices.Sort(names)
	var sums strings.Builder
	for _, name := range names {
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256([]byte(files[name])), name)
	}
	return os.WriteFile(filepath.Join(folder, "SHA256SUMS"), []byte(sums.String()), 0o644)
}

// quote writes a text as a YAML scalar.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
