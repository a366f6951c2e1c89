# The image of the nightly job. Tags are pinned to a minor release, not to a
# digest: whoever publishes an image pins the digest of the day it is built.

FROM golang:1.26-alpine3.23 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=unknown
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION}" -o /attribution ./cmd/attribution

# Alpine brings the certificates for TLS, and a shell to look around with. Time
# zones, SQL, migrations and rules are inside the binary. It writes nothing, so
# the root file system may be read-only.
FROM alpine:3.23
COPY --from=build /attribution /usr/local/bin/attribution
# A number, since Kubernetes' runAsNonRoot cannot look names up.
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/attribution"]
CMD ["run"]
