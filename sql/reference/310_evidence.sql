-- Purpose: the evidence of each combination of inputs; the one thing plain SQL cannot
--          work out. The caller fills it from evidence_inputs.
-- Reads:   nothing.
-- Writes:  evidence.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.evidence (
    evidence_id       bigint           NOT NULL,
    page_url          text COLLATE "C" NOT NULL, -- inputs: '' where absent
    referrer          text COLLATE "C" NOT NULL,
    campaign_source   text COLLATE "C" NOT NULL,
    campaign_medium   text COLLATE "C" NOT NULL,
    campaign_name     text COLLATE "C" NOT NULL,
    campaign_term     text COLLATE "C" NOT NULL,
    campaign_content  text COLLATE "C" NOT NULL,
    tag_source        text COLLATE "C" NOT NULL, -- the tags: '' where absent
    tag_medium        text COLLATE "C" NOT NULL,
    tag_campaign      text COLLATE "C" NOT NULL,
    tag_term          text COLLATE "C" NOT NULL,
    tag_content       text COLLATE "C" NOT NULL,
    tag_click_id      text COLLATE "C" NOT NULL, -- the kind, such as gclid
    is_tagged         boolean          NOT NULL,
    tag_channel       text COLLATE "C" NOT NULL,
    tag_is_paid       boolean          NOT NULL,
    is_external       boolean          NOT NULL, -- the referrer is
    referral_source   text COLLATE "C" NOT NULL,
    referral_medium   text COLLATE "C" NOT NULL,
    referral_channel  text COLLATE "C" NOT NULL,
    referral_is_paid  boolean          NOT NULL,
    is_blog           boolean          NOT NULL  -- the page is
)
