package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A crawlerList is the package crawler-user-agents.
type crawlerList struct {
	licence string
	entries []struct {
		Pattern   string
		Instances []string
	}
}

// readCrawlers fetches the package and takes its data and licence out.
func readCrawlers(get fetch) (list crawlerList, err error) {
	packed, err := get(crawlersURL)
	if err != nil {
		return list, err
	}
	if sum := sha512.Sum512(packed); base64.StdEncoding.EncodeToString(sum[:]) != crawlersSHA512 {
		return list, fmt.Errorf("%s is not what its registry published: its sha512 differs", crawlersURL)
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return list, err
	}
	for files := tar.NewReader(unzipped); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return list, list.check()
		}
		if err != nil {
			return list, err
		}
		text, err := io.ReadAll(files)
		if err != nil {
			return list, err
		}
		switch header.Name {
		case "package/LICENSE":
			list.licence = string(text)
		case "package/crawler-user-agents.json":
			if err := json.Unmarshal(text, &list.entries); err != nil {
				return list, err
			}
		}
	}
}

func (l *crawlerList) check() error {
	if l.licence == "" || len(l.entries) == 0 {
		return fmt.Errorf("%s: no LICENSE or no crawler-user-agents.json in it: its layout has changed", crawlersURL)
	}
	return nil
}

// files are the patterns, the user agents they are known to fit, and the licence.
func (l *crawlerList) files() map[string]string {
	var patterns, instances strings.Builder
	fmt.Fprintf(&patterns, `about: User agents of crawlers, monitors and other programs. Regular expressions (RE2), case matters, found anywhere unless anchored.
source: crawler-user-agents %s, patterns as they are, from %s; made by scripts/updaterules, not by hand.
licence: MIT, see LICENSE.crawler-user-agents

crawlers:
`, crawlersVersion, crawlersURL)
	for _, e := range l.entries {
		fmt.Fprintf(&patterns, "  - %s\n", quote(strings.ReplaceAll(e.Pattern, `\/`, "/")))
		for _, i := range e.Instances {
			fmt.Fprintln(&instances, i)
		}
	}
	return map[string]string{
		"crawlers.yaml":               patterns.String(),
		"crawlers.txt":                instances.String(),
		"LICENSE.crawler-user-agents": l.licence,
	}
}
