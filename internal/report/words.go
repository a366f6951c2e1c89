package report

// counted says of each section how its numbers are counted. docs/reports.md says more
// under the section's name.
var counted = map[string][]string{
	"headline": {
		"A conversion counts in the period when it happened there, by UTC days of its event time; everything about it, such as its first touch, may be earlier.",
		"A session counts when it began in the period; sessions in which every event was sent by a known crawler do not count. Visitors are the persons with such a session.",
		"Known origin: conversions whose path has a touch that is not direct. Touched by paid media: those with a paid touch.",
		"Sessions until then: the median of the sessions begun at or before the conversion, of those with any. Days: from the first touch to the conversion, of those with a touch.",
		"Spend counts on the day it was spent, revenue on the day of the conversion. CAC is spend / conversions and ROAS is revenue / spend, both over all conversions, paid or not.",
	},
	"over_time": {
		"Each conversion counts in the piece of time it happened in, under the channels that the model gives credit to. Weeks begin on Monday; the first and the last piece may be cut by the period.",
		"The seven channels with most credit are named, all others are “(others)”. “(no touch)” is credit that no touch can have.",
	},
	"first_and_last": {
		"The first touch is the earliest at or before the conversion, the last touch the latest: each conversion counts once. Whoever had one touch began and ended in its channel.",
	},
	"models": {
		"Every model shares out the same conversions, so each column has the same total. “(no touch)” is what a model can give to none: under first paid and last paid all conversions without a paid touch.",
		"Markov weighs the channels by their removal effect as of this morning; it changes every night.",
	},
	"campaigns": {
		"Conversions are credit under the model. The twenty campaigns with most conversions and the ten with most spend are named, all others are “(others)”; “(none)” is credit and money without a campaign.",
		"CAC is spend / conversions, ROAS is revenue / spend. Revenue is what the signed-up persons have paid until now, or the value of the conversions; spend counts on the day it was spent, so the two may be of different people.",
	},
	"pages": {
		"Pages are URLs without query and fragment. Landing pages share the conversions as the model does; a blog post counts for everybody who read it as the first one at or before the signup.",
		"Later sessions each: sessions after the conversion, of all time. Back in week 4: of those whose fourth week is over, the share with a session in it.",
	},
	"journey": {
		"Sessions begun at or before the conversion: 1 is a conversion on the first visit, 0 that no session is known. Time runs from the first touch to the conversion, exactly; 7–30 days means at least 7 and less than 30.",
	},
	"retention": {
		"Of those who signed up in the period, the persons with a session in the seven days that begin 7, 28, 84 or 182 days after the signup. Only those for whom these seven days are over by the newest event are counted, so later weeks have fewer.",
	},
	"quality": {
		"Rows rejected and copies are of the source rows received in the period, beside the events taken in during its months. What says “all time” is of everything known.",
	},
}
