# Stands in for prom/alertmanager:v0.28.1: Debian's Alertmanager under the same user, folders and path.
FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends prometheus-alertmanager \
    && ln -s prometheus-alertmanager /usr/bin/alertmanager \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o nobody -g nogroup /alertmanager
LABEL onsale.stand-in="Alertmanager 0.25 of Debian 12"
USER nobody
VOLUME /alertmanager
WORKDIR /alertmanager
ENTRYPOINT ["/bin/alertmanager"]
CMD ["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"]
