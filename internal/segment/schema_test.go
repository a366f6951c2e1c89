package segment

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSlug(t *testing.T) {
	for in, want := range map[string]string{
		"Signed Up":                             "signed_up",
		"signed-up":                             "signed_up",
		"signedUp":                              "signed_up",
		"userAgent":                             "user_agent",
		"sample___text":                         "sample_text",
		"   $#$sample   2    Text   ":           "sample_2_text",
		"SAMPLE 2 TEXT":                         "sample_2_text",
		"___$$Base64Encode":                     "base64_encode",
		"FOO:BAR$BAZ":                           "foo_bar_baz",
		"something.com":                         "something_com",
		"•¶§ƒ˚foo∙∆˚¬":                          "foo",
		"URL":                                   "url",
		"2nd Visit":                             "_2nd_visit",
		"注册":                                    "e6_b3_a8_e5_86_8c",
		"$$$":                                   "_24_24_24",
		"":                                      "",
		`x"; DROP TABLE tracks; --`:             "x_drop_table_tracks",
		strings.Repeat("a", 80):                 strings.Repeat("a", 63),
		strings.Repeat("a", 62) + "_b":          strings.Repeat("a", 62),
		"s%E2%80%8Bource":                       "s_e2_80_8bource",
		"https://example.com/?a=1&utm_source=x": "https_example_com_a_1_utm_source_x",
	} {
		assert.Equal(t, want, Slug(in), "%q", in)
	}
}

func TestColumnName(t *testing.T) {
	assert.Equal(t, "context_page_url", ColumnName("context", "page", "url"))
	assert.Equal(t, "context_user_agent", ColumnName("context", "userAgent"))
	assert.Equal(t, "context_campaign_s_e2_80_8bource", ColumnName("context", "campaign", "s\u200bource"))
	assert.Equal(t, "context_campaign_medq_ium", ColumnName("context", "campaign", "medq ium"))
	assert.Equal(t, "address_2_street", ColumnName("address", "2", "street"))
}

func TestCreateTable(t *testing.T) {
	assert.Equal(t, `CREATE TABLE IF NOT EXISTS "a""b"."pages" (
    "id" varchar(1024) NOT NULL,
    "received_at" timestamptz,
    "uuid_ts" timestamptz,
    "anonymous_id" text,
    "user_id" text,
    "original_timestamp" timestamptz,
    "sent_at" timestamptz,
    "timestamp" timestamptz,
    "url" text,
    PRIMARY KEY (id)
)`, CreateTable(`a"b`, Pages, Column{"url", TypeText}, Column{"id", TypeText}))
	assert.Equal(t, `ALTER TABLE "s"."t" ADD COLUMN IF NOT EXISTS "a" text, ADD COLUMN IF NOT EXISTS "b" bigint`,
		AddColumns("s", "t", Column{"a", TypeText}, Column{"b", TypeBigint}))
}

func TestReserved(t *testing.T) {
	assert.True(t, IsReserved("signed_up", "user_id"))
	assert.True(t, IsReserved(Users, "user_id"))
	assert.True(t, IsReserved(Groups, "group_id"))
	assert.False(t, IsReserved(Pages, "event"))
	assert.True(t, IsFixedTable(Users))
	assert.False(t, IsFixedTable("signed_up"))
	assert.Equal(t, TypeText, FixedType(Pages, "context_campaign_soure"))
	assert.Equal(t, "", FixedType("signed_up", "url"))
}
