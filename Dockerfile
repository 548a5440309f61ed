# The image of Onsale: one program, for every role.
#
#   docker build --tag onsale .                                                    for this machine
#   docker buildx build --platform linux/amd64,linux/arm64 --tag onsale .          for both, cross-built, without an emulator
#
# What changes rarely is built first: a change of our own code builds only our own crates again. To try an image, a third of the time is
# enough: --build-arg CARGO_PROFILE_RELEASE_LTO=off --build-arg CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
# --build-arg CARGO_PROFILE_RELEASE_OPT_LEVEL=1

# ---- the machine that builds: a Rust toolchain, and a C compiler for the machine that runs -----------------------------------
FROM --platform=$BUILDPLATFORM rust:1.95-slim-bookworm AS tools
ARG BUILDARCH=amd64
ARG TARGETARCH=amd64
COPY deploy/docker/image/tools /usr/local/bin/
RUN install-tools "$BUILDARCH" "$TARGETARCH"
WORKDIR /source

# ---- our manifests with empty sources: the same files until a dependency changes --------------------------------------------
FROM tools AS manifests
COPY . /whole
RUN only-manifests /whole /manifests

# ---- what other people wrote ---------------------------------------------------------------------------------------------------
FROM tools AS dependencies
# Cargo reads these where they are set.
ARG CARGO_BUILD_JOBS
ARG CARGO_PROFILE_RELEASE_LTO
ARG CARGO_PROFILE_RELEASE_CODEGEN_UNITS
ARG CARGO_PROFILE_RELEASE_OPT_LEVEL
COPY --from=manifests /manifests /source
RUN build-onsale

# ---- what we wrote --------------------------------------------------------------------------------------------------------------
FROM dependencies AS program
ARG CARGO_BUILD_JOBS
ARG CARGO_PROFILE_RELEASE_LTO
ARG CARGO_PROFILE_RELEASE_CODEGEN_UNITS
ARG CARGO_PROFILE_RELEASE_OPT_LEVEL
COPY . /whole
# Dated now, for cargo compares dates: a file that is older than the empty one would look as if it had been built. What has been built keeps
# its date, or it would be built again.
RUN find /whole -type f -exec touch {} + && cp -rp /whole/. /source/ && build-onsale && deploy/docker/image/lay-out /image

# ---- the image: Debian, the program, the libraries that it links to and the authorities that it trusts -----------------------------
# Nothing runs in this stage, so that it is made for any machine on any machine.
FROM debian:bookworm-slim
COPY --from=program /image /
# Nobody on the host has this number.
COPY --from=program --chown=10001:10001 --chmod=0700 /empty /var/lib/onsale
USER 10001:10001
WORKDIR /var/lib/onsale
# The one folder that is written to. Everything else may be read-only: docker run --read-only.
VOLUME /var/lib/onsale
ENV ONSALE__DATA__DIR=/var/lib/onsale \
    ONSALE__DEMO__ENABLED=false \
    ONSALE__COUPON__OPEN_ISSUE=false
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=4 CMD ["/usr/local/bin/healthy"]
ENTRYPOINT ["/usr/local/bin/entry"]
CMD ["serve"]
