# Stands in for the image of EventStoreDB: the embedded event store, told where and how in EventStoreDB's words.
ARG GATEWAY
FROM ${GATEWAY}
USER root
RUN apt-get update -qq && \
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends curl && \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/* && \
    install -d -o 1000 -g 1000 /var/lib/eventstore /var/log/eventstore
COPY eventstore-entrypoint.sh /opt/eventstore/entrypoint.sh
USER 1000:1000
VOLUME ["/var/lib/eventstore"]
EXPOSE 2113
HEALTHCHECK --interval=5s --timeout=5s --retries=24 \
    CMD curl --fail --insecure "http://localhost:${EVENTSTORE_NODE_PORT:-2113}/health/live"
ENTRYPOINT ["/opt/eventstore/entrypoint.sh"]
CMD []
