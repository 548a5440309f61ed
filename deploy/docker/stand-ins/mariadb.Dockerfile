# Stands in for mariadb:10.11: Debian's MariaDB 10.11 under the same user and folders.
FROM debian:bookworm-slim
RUN groupadd --system --gid 999 mysql && useradd --system --uid 999 --gid mysql --home-dir /nonexistent mysql \
    && apt-get update \
    && apt-get install --yes --no-install-recommends mariadb-server mariadb-client mariadb-backup \
    && rm -rf /var/lib/apt/lists/* /var/lib/mysql \
    && install -d -o mysql -g mysql /var/lib/mysql /run/mysqld
LABEL onsale.stand-in="MariaDB 10.11 of Debian 12"
VOLUME /var/lib/mysql
CMD ["mariadbd"]
