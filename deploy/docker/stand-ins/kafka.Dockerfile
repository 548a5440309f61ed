# Stands in for apache/kafka:4.1.1: the same jars and Debian's Java. The build context is a folder with the jars of Kafka in `libs`.
FROM debian:bookworm-slim
RUN groupadd --gid 1000 appuser && useradd --uid 1000 --gid appuser --no-create-home appuser \
    && apt-get update \
    && mkdir -p /usr/share/man/man1 && apt-get install --yes --no-install-recommends openjdk-17-jre-headless \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o appuser -g appuser /var/lib/kafka/data /opt/kafka/bin /opt/kafka/logs
COPY libs /opt/kafka/libs
# The scripts of Kafka's archive that we call; each starts one class.
RUN printf '%s\n' '#!/bin/sh' 'exec java $KAFKA_HEAP_OPTS -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "/opt/kafka/libs/*" "$@"' > /opt/kafka/bin/kafka-run-class.sh \
    && for pair in server-start=kafka.Kafka storage=kafka.tools.StorageTool topics=org.apache.kafka.tools.TopicCommand; do \
         printf '%s\n' '#!/bin/sh' "exec /opt/kafka/bin/kafka-run-class.sh ${pair#*=} \"\$@\"" > "/opt/kafka/bin/kafka-${pair%%=*}.sh"; \
       done \
    && chmod 755 /opt/kafka/bin/*
LABEL onsale.stand-in="the jars of Kafka 4.1.1 on Java 17 of Debian 12"
VOLUME /var/lib/kafka/data
USER appuser
CMD ["/opt/kafka/bin/kafka-server-start.sh", "/etc/kafka/server.properties"]
