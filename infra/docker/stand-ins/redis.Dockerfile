# Stands in for the official image of Redis: Debian's Redis, called in the same way.
ARG BASE
FROM ${BASE}
RUN apt-get update -qq && \
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server && \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/* /etc/redis && \
    ln -s redis-server /usr/local/bin/redis-sentinel && ln -s /usr/bin/redis-server /usr/local/bin/redis-server && \
    install -d -o redis -g redis /data
COPY redis-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
VOLUME /data
WORKDIR /data
EXPOSE 6379
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["redis-server"]
