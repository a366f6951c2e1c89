package rdsauth_test

import (
	"context"
	"net/url"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/pg/rdsauth"
	"github.com/attribution-dev/attribution/internal/testkit"
)

const host = "warehouse.cluster-c0ffee.eu-west-1.rds.amazonaws.com"

// credentials are those of AWS' documentation, and nothing of this machine's is read.
func credentials(t *testing.T) {
	t.Helper()
	nowhere := filepath.Join(t.TempDir(), "none")
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "AWS_SESSION_TOKEN": "",
		"AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_PROFILE": "", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": nowhere, "AWS_SHARED_CREDENTIALS_FILE": nowhere,
	} {
		t.Setenv(name, value)
	}
}

// TestTokenIsAPresignedRequest, as RDS takes it in place of a password.
func TestTokenIsAPresignedRequest(t *testing.T) {
	credentials(t)
	token, err := rdsauth.AWS().Sign(t.Context(), host+":5432", "eu-west-1", "attribution_job")
	require.NoError(t, err)
	require.Contains(t, token, host+":5432?Action=connect&DBUser=attribution_job&")
	u, err := url.Parse("https://" + token)
	require.NoError(t, err)
	q := u.Query()
	require.Equal(t, "AWS4-HMAC-SHA256", q.Get("X-Amz-Algorithm"))
	require.Equal(t, "900", q.Get("X-Amz-Expires"))
	require.Regexp(t, `^AKIAIOSFODNN7EXAMPLE/\d{8}/eu-west-1/rds-db/aws4_request$`, q.Get("X-Amz-Credential"))
	require.Regexp(t, `^[0-9a-f]{64}$`, q.Get("X-Amz-Signature"))
	require.NotContains(t, token, "EXAMPLEKEY")
}

func TestRegionIsTheHostsElseTheEnvironments(t *testing.T) {
	credentials(t)
	for name, want := range map[string]string{
		host:       "eu-west-1",
		host + ".": "eu-west-1",
		"db.proxy-c0ffee.us-gov-west-1.rds.amazonaws.com": "us-gov-west-1",
		"db.c0ffee.cn-north-1.rds.amazonaws.com.cn":       "cn-north-1",
		"warehouse.example.com":                           "",
		"db.eu-west-1.rds.amazonaws.com.evil.example.com": "",
		"db.c0ffee.eu-west-1.rdsXamazonaws.com":           "",
	} {
		require.Equal(t, want, rdsauth.Region(name), name)
	}
	_, err := rdsauth.AWS().Sign(t.Context(), "warehouse.example.com:5432", "", "job")
	require.ErrorContains(t, err, "set AWS_REGION")
	t.Setenv("AWS_REGION", "ap-south-1")
	token, err := rdsauth.AWS().Sign(t.Context(), "warehouse.example.com:5432", "", "job")
	require.NoError(t, err)
	require.Contains(t, token, "%2Fap-south-1%2Frds-db%2F")
}

// TestNoCredentials: the error says so, and does not take the minute a metadata service
// that is not there would.
func TestNoCredentials(t *testing.T) {
	credentials(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	_, err := rdsauth.AWS().Sign(t.Context(), host+":5432", "eu-west-1", "job")
	require.ErrorContains(t, err, "credentials")
}

// refuser is a signer that must not be asked.
type refuser struct{ t *testing.T }

func (r refuser) Sign(context.Context, string, string, string) (string, error) {
	r.t.Error("a token was made for a connection it must not be sent on")
	return "", nil
}

// TestTokensGoToVerifiedServersOnly: no other connection gets one.
func TestTokensGoToVerifiedServersOnly(t *testing.T) {
	authority := testkit.NewAuthority(t).File
	for _, mode := range []string{"disable", "allow", "prefer", "require", "verify-ca", "require&sslrootcert=" + authority, "verify-ca&sslrootcert=" + authority} {
		c, err := pgx.ParseConfig("postgres://job@" + host + "/warehouse?sslmode=" + mode)
		require.NoError(t, err)
		_, err = rdsauth.Password(refuser{t})(t.Context(), c)
		require.ErrorContains(t, err, "sslmode=verify-full", mode)
	}
	c, err := pgx.ParseConfig("postgres://job@" + host + ",other.example.com/warehouse?sslmode=verify-full")
	require.NoError(t, err)
	_, err = rdsauth.Password(refuser{t})(t.Context(), c)
	require.ErrorContains(t, err, "several hosts")
}

// recorder is a signer that writes down what it was asked.
type recorder struct{ endpoint, region, user string }

func (r *recorder) Sign(_ context.Context, endpoint, region, user string) (string, error) {
	r.endpoint, r.region, r.user = endpoint, region, user
	return "token", nil
}

func TestTokenIsForTheConnectionsUserAndHost(t *testing.T) {
	c, err := pgx.ParseConfig("postgres://job@" + host + ":6432/warehouse?sslmode=verify-full")
	require.NoError(t, err)
	var r recorder
	token, err := rdsauth.Password(&r)(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, "token", token)
	require.Equal(t, recorder{endpoint: host + ":6432", region: "eu-west-1", user: "job"}, r)
}
