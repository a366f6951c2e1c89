// Package rdsauth makes the tokens that Amazon RDS and Aurora take in place of a
// password. It is apart from internal/pg so that AWS' library is known here only.
package rdsauth

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"
	"github.com/jackc/pgx/v5"
)

// A Signer makes a token for a database user at an endpoint, host:port. Region "" means
// the host's name does not say it. A token is good for 15 minutes.
type Signer interface {
	Sign(ctx context.Context, endpoint, region, user string) (token string, err error)
}

// Password gives each connection a token of its own, since one is checked when a
// connection begins and outlived by any long stage. It suits pg.WithPassword. Errors: a
// connection that does not verify the server's certificate and name, to which a token
// would be given away; several hosts, since a token is for one; what the signer says.
func Password(s Signer) func(context.Context, *pgx.ConnConfig) (string, error) {
	return func(ctx context.Context, c *pgx.ConnConfig) (string, error) {
		if c.TLSConfig == nil || c.TLSConfig.InsecureSkipVerify {
			return "", errors.New("database_auth rds-iam sends a token, and only to a server whose name is verified: add ?sslmode=verify-full&sslrootcert=FILE to the database URL, FILE being Amazon's global-bundle.pem")
		}
		if len(c.Fallbacks) > 0 {
			return "", errors.New("database_auth rds-iam: the database URL names several hosts, and a token is for one: name the cluster's endpoint")
		}
		token, err := s.Sign(ctx, net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))), Region(c.Host), c.User)
		if err != nil {
			return "", fmt.Errorf("database_auth rds-iam: %w", err)
		}
		return token, nil
	}
}

// endpoint is the name Amazon gives an instance, a cluster or a proxy.
var endpoint = regexp.MustCompile(`\.([a-z]{2}(?:-[a-z]+)+-\d+)\.rds\.amazonaws\.com(?:\.cn)?\.?$`)

// Region is the AWS region in the name of an RDS host, or "".
func Region(host string) string {
	if m := endpoint.FindStringSubmatch(host); m != nil {
		return m[1]
	}
	return ""
}

// AWS signs with the credentials AWS' library finds: those of the ECS task, of the
// Kubernetes service account, of the instance, or of the environment. They are looked
// for when first needed, and renewed by the library.
func AWS() Signer { return &signer{} }

type signer struct {
	mu     sync.Mutex
	config *aws.Config // nil: not read yet
}

func (s *signer) load(ctx context.Context) (*aws.Config, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.config == nil {
		c, err := config.LoadDefaultConfig(ctx)
		if err != nil {
			return nil, err
		}
		s.config = &c
	}
	return s.config, nil
}

// Sign takes the host's region, else AWS_REGION: a token for another than the host's is
// always refused.
func (s *signer) Sign(ctx context.Context, endpoint, region, user string) (string, error) {
	c, err := s.load(ctx)
	if err != nil {
		return "", err
	}
	if region == "" {
		region = c.Region
	}
	if region == "" {
		return "", fmt.Errorf("%s does not say its region: set AWS_REGION", endpoint)
	}
	return auth.BuildAuthToken(ctx, endpoint, region, user, c.Credentials)
}
