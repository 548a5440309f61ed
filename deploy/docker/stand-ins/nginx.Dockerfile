# Stands in for nginx:1.28: Debian's nginx, with the programs, folders and user that our configuration asks for.
FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends nginx-light \
    && rm -rf /var/lib/apt/lists/* /etc/nginx/sites-enabled
LABEL onsale.stand-in="nginx 1.22 of Debian 12"
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]
