# syntax=docker/dockerfile:1
# docker build -t gateway . && docker run -p 18790:18790 -p 1455:1455 -v gateway:/var/lib/gateway gateway

FROM node:22-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY web/ ./
RUN npm run build

FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
COPY --from=web /src/web/dist web/dist
# The `dist` profile is slower to build and better optimised than `release`. The target directory is a cache, so the
# binary is copied out of it.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --profile dist --locked --bin gateway && cp target/dist/gateway /usr/local/bin/gateway

FROM debian:bookworm-slim
# Postgres is for the embedded mode; its package must not make a cluster of its own. tini reaps what an embedded
# Postgres that died leaves behind.
RUN mkdir -p /etc/postgresql-common \
    && echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf \
    && apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates postgresql tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /var/lib/gateway --shell /usr/sbin/nologin gateway \
    && install -d -o gateway -g gateway -m 0700 /var/lib/gateway
COPY --from=build /usr/local/bin/gateway /usr/local/bin/gateway
COPY config.example.json LICENSE /usr/share/doc/gateway/

# Inside a container, loopback reaches nobody.
ENV GATEWAY_HOST=0.0.0.0 \
    GATEWAY_CALLBACK_HOST=0.0.0.0 \
    GATEWAY_DATA_DIR=/var/lib/gateway \
    GATEWAY_LOG_FORMAT=json
USER 10001:10001
WORKDIR /var/lib/gateway
VOLUME /var/lib/gateway
# The API and the dashboard; the browser's way back from a sign-in with ChatGPT.
EXPOSE 18790 1455
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["gateway", "health"]
ENTRYPOINT ["tini", "--", "gateway"]
