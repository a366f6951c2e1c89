package simulate

import (
	"fmt"
	"strings"
)

// The hosts of the simulated company. All but the app's belong to the websites.
const (
	siteHost = "https://www.example.com"
	blogHost = "https://blog.example.com"
	appHost  = "https://app.example.com"
)

// A page of the company's sites.
type page struct{ url, path, title, name string }

// newPage is the page of a path.
func newPage(host, path, name string) page {
	return page{url: host + path, path: path, title: name + " – Example", name: name}
}

// Pages by part of the site, the most visited first.
var (
	sitePages, blogPages, appPages = allPages()

	signupPage   = newPage(siteHost, "/signup", "Sign up")
	welcomePage  = newPage(appHost, "/welcome", "Welcome")
	loginPage    = newPage(appHost, "/login", "Log in")
	checkoutPage = newPage(appHost, "/checkout", "Checkout")
	thanksPage   = newPage(appHost, "/checkout/thanks", "Thank you")
)

// allPages makes the pages of the three parts.
func allPages() (site, blog, app []page) {
	for _, p := range []string{"/", "/pricing", "/features", "/customers", "/demo", "/integrations", "/about", "/contact", "/security"} {
		name := strings.TrimPrefix(p, "/")
		if name == "" {
			name = "home"
		}
		site = append(site, newPage(siteHost, p, name))
	}
	for i := range 120 {
		site = append(site, newPage(siteHost, fmt.Sprintf("/docs/guide-%03d", i+1), fmt.Sprintf("Guide %d", i+1)))
	}
	for i := range 60 {
		title := fmt.Sprintf("What we learned, part %d", i+1)
		if i%3 == 2 { // the old blog, under the main site
			blog = append(blog, newPage(siteHost, fmt.Sprintf("/blog/post-%02d", i+1), title))
			continue
		}
		blog = append(blog, newPage(blogHost, fmt.Sprintf("/2024/post-%02d", i+1), title))
	}
	for _, p := range []string{"/dashboard", "/reports", "/contacts", "/settings", "/billing", "/team"} {
		app = append(app, newPage(appHost, p, strings.TrimPrefix(p, "/")))
	}
	for i := range 40 {
		app = append(app, newPage(appHost, fmt.Sprintf("/reports/%d", 1000+i), "Report"))
	}
	return site, blog, app
}

// A name is an event or screen in its two spellings: as called, and as Segment's
// loader slugs it.
type name struct{ text, slug string }

var (
	webEvents = []name{
		{"Button Clicked", "button_clicked"},
		{"Form Viewed", "form_viewed"},
		{"Video Played", "video_played"},
		{"Search Performed", "search_performed"},
		{"Chat Opened", "chat_opened"},
	}
	appEvents = []name{
		{"Report Created", "report_created"},
		{"Contact Added", "contact_added"},
		{"Application Opened", "application_opened"},
		{"Export Finished", "export_finished"},
	}
	signupNames = [2]name{{"Signed Up", "signed_up"}, {"signed_up", "signed_up"}}

	screenNames = []string{"Home", "Reports", "Report Detail", "Contacts", "Settings", "Search"}

	plans    = []string{"free", "free", "free", "starter", "team", "enterprise"}
	revenues = []float64{0, 0, 0, 19, 49.5, 499}
)

// Platforms of devices.
const (
	desktop = iota
	mobileWeb
	ios
	android
	crawler
)

// isApp reports whether the platform sends screens, not pages.
func isApp(platform uint8) bool { return platform == ios || platform == android }

var userAgents = [][]string{
	desktop: {
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.0.0 Safari/537.36",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Safari/605.1.15",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:122.0) Gecko/20100101 Firefox/122.0",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
	},
	mobileWeb: {
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_2_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Mobile/15E148 Safari/604.1",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.0.0 Mobile Safari/537.36",
	},
	ios:     {"Example/3.2.1 (iPhone; iOS 17.2.1)", "Example/3.1.0 (iPhone; iOS 16.6)"},
	android: {"Example/3.2.0 (Linux; Android 14; Pixel 8)", "Example/3.0.4 (Linux; Android 12; SM-G991B)"},
	crawler: {
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
		"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
	},
}

var (
	locales   = []string{"en-US", "en-US", "en-GB", "de-DE", "fr-FR", "es-ES", "pt-BR"}
	timezones = []string{"America/New_York", "America/Los_Angeles", "Europe/London", "Europe/Berlin", "Europe/Paris", "Europe/Madrid", "America/Sao_Paulo"}
)

// A library is the Segment library of a platform.
type library struct{ name, version string }

var (
	libraries = []library{
		desktop:   {"analytics.js", "next-1.64.0"},
		mobileWeb: {"analytics.js", "next-1.64.0"},
		ios:       {"analytics-swift", "1.5.3"},
		android:   {"analytics-kotlin", "1.14.0"},
		crawler:   {"analytics.js", "next-1.64.0"},
	}
	serverLibrary = library{"analytics-node", "2.0.0"}
)
