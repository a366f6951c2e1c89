package channel_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/channel"
)

// browsers are user agents of people, with what a careless pattern would take for more.
var browsers = []string{
	"",
	"Mozilla/5.0",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0",
	"Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 OPR/120.0.0.0",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22B83 Instagram 350.0.0.30.91",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22B83 [FBAN/FBIOS;FBAV/480.0.0.40.106]",
	"Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 CUBOT",
	"Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8)",
	"words of any kind",
}

func TestCrawlers(t *testing.T) {
	r := newRules(t, channel.Options{})
	text, err := os.ReadFile("../../rules/third_party/crawlers.txt")
	require.NoError(t, err)
	agents := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	assert.Greater(t, len(agents), 2000)
	for _, agent := range agents {
		assert.True(t, r.IsCrawler(agent), agent)
		assert.NotEmpty(t, r.ExplainCrawler(agent), agent)
	}
	for _, agent := range browsers {
		assert.False(t, r.IsCrawler(agent), "%s: %s", agent, r.ExplainCrawler(agent))
	}
}

func TestCrawlersAreFoundByAnyPartOfAPattern(t *testing.T) {
	r := withRules(t, `
crawlers: ['OurMonitor/', '^Probe \d+$', 'first choice|[sS]econd', '(?:a|b) tail']
replace: [crawlers]`)
	for agent, want := range map[string]bool{
		"OurMonitor/2": true, "x OurMonitor/": true, "ourmonitor/2": false, "OurMonitor": false,
		"Probe 12": true, "Probe 12 ": false, "a Probe 1": false, "the first choice": true, "Second": true, "a tail": true, "c tail": false,
		"Googlebot/2.1": false, "": false, "Ou": false,
	} {
		assert.Equal(t, want, r.IsCrawler(agent), agent)
	}
	assert.Equal(t, `my.yaml: crawlers[1]: ^Probe \d+$`, r.ExplainCrawler("Probe 1"))
}
