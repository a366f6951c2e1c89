# The image of the nightly job. Tags are pinned to a minor release; whoever
# publishes pins the digest of the day, as .github/workflows/release.yml does:
#
#   docker build --build-arg BASE_IMAGE=alpine:3.23@sha256:… .
ARG GO_IMAGE=golang:1.26-alpine3.23
ARG BASE_IMAGE=alpine:3.23

# Built where it runs fastest, for whatever the image is for.
FROM --platform=$BUILDPLATFORM ${GO_IMAGE} AS build
WORKDIR /src
# The authorities of Amazon RDS, which no distribution's certificates hold.
RUN wget -q -O /rds-global-bundle.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem \
    && grep -q 'BEGIN CERTIFICATE' /rds-global-bundle.pem
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=unknown
ARG TARGETOS
ARG TARGETARCH
RUN CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION}" -o /attribution ./cmd/attribution

# Alpine brings the certificates for TLS, and a shell to look around with. Time
# zones, SQL, migrations and rules are inside the binary. It writes nothing, so
# the root file system may be read-only.
FROM ${BASE_IMAGE}
COPY --from=build --chmod=0644 /rds-global-bundle.pem /etc/ssl/rds-global-bundle.pem
COPY --from=build /attribution /usr/local/bin/attribution
# A number, since Kubernetes' runAsNonRoot cannot look names up.
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/attribution"]
CMD ["run"]
