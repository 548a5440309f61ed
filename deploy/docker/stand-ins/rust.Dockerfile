# Stands in for rust:1.95-slim-bookworm. The build context is the sysroot of a Rust toolchain.
FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
ENV CARGO_HOME=/usr/local/cargo PATH=/usr/local/cargo/bin:/usr/local/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
COPY bin /usr/local/rust/bin
COPY lib /usr/local/rust/lib
LABEL onsale.stand-in="the Rust toolchain of the machine that made it, on Debian 12"
