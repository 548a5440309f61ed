# Stands in for redis:7.2: Debian's Redis under the same user, folder and command.
FROM debian:bookworm-slim
RUN groupadd --system --gid 999 redis && useradd --system --uid 999 --gid redis redis \
    && apt-get update \
    && apt-get install --yes --no-install-recommends redis-server redis-tools \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o redis -g redis /data
LABEL onsale.stand-in="Redis 7.0 of Debian 12"
VOLUME /data
WORKDIR /data
USER redis
CMD ["redis-server"]
