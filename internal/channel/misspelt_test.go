package channel_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/attribution-dev/attribution/internal/channel"
)

func TestMisspeltCampaignColumns(t *testing.T) {
	for column, want := range map[string]string{
		// met in real warehouses
		"soure": "source", "souce": "source", "sourse": "source", "sorce": "source", "s_e2_80_8bource": "source",
		"medq_ium": "medium", "campaigevite": "name", "ca_mpaign": "name",
		// like them
		"soucre": "source", "osurce": "source", "sources": "source", "source_1": "source", "source_e2_80_8b": "source", "utm_source": "source",
		"surce": "source", "_source": "source", "meduim": "medium", "mediun": "medium", "mediums": "medium", "medum": "medium", "media": "medium",
		"campain": "name", "campagin": "name", "campaing": "name", "campaign": "name", "campaigns": "name", "nmae": "name", "nam": "name",
		"trem": "term", "terms": "term", "tem": "term", "contnet": "content", "conten": "content", "contents": "content",
	} {
		likely, ok := channel.MisspeltCampaignColumn("context_campaign_" + column)
		assert.True(t, ok, column)
		assert.Equal(t, "context_campaign_"+want, likely, column)
	}
	for _, column := range []string{
		"context_campaign_name", "context_campaign_source", "context_campaign_medium", "context_campaign_term", "context_campaign_content",
		"context_campaign_id", "context_campaign_keyword", "context_campaign_campaign_id", "context_campaign_source_platform",
		"context_campaign_content_id", "context_campaign_creative_format", "context_campaign_marketing_tactic", "context_campaign_expid",
		"context_campaign_adgroup", "context_campaign_placement", "context_campaign_device", "context_campaign_network",
		"context_campaign_matchtype", "context_campaign_referrer", "context_campaign_target", "context_campaign_region", "context_campaign_audience",
		"context_campaign_team", "context_campaign_game", "context_campaign_item", "context_campaign_form", "context_campaign_ad_name",
		"context_campaign_context", "context_campaign_contact", "context_campaign_resource", "context_campaign_country", "context_campaign_score",
		"context_campaign_", "context_campaign", "context_campaign_1", "context_page_soure", "soure", "",
	} {
		likely, ok := channel.MisspeltCampaignColumn(column)
		assert.False(t, ok, column)
		assert.Empty(t, likely, column)
	}
}
