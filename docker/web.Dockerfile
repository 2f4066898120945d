# What browsers meet: the gateway with the built web app, and the edge, which is Envoy. From the root of the sources:
#
#   docker build -f docker/web.Dockerfile --target gateway -t candor/gateway .
#   docker build -f docker/web.Dockerfile --target edge -t candor/edge .
#
# The first stages are those of docker/Dockerfile, which explains them; Node builds and does not stay.
ARG BASE=docker.io/library/debian:bookworm-slim

FROM ${BASE} AS debian
# hadolint ignore=DL3008,DL3009
RUN apt-get update -q \
 && apt-get install -y -q --no-install-recommends ca-certificates python3.11-venv
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt
WORKDIR /src

FROM debian AS rootfs
COPY docker/rootfs.py docker/packages.txt docker/
RUN python3.11 docker/rootfs.py docker/packages.txt /rootfs

FROM debian AS tools
COPY docker/tools.lock docker/
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    python3.11 -m venv /tools \
 && /tools/bin/pip install -q --no-cache-dir --require-hashes -r docker/tools.lock
ENV PATH=/tools/bin:$PATH

FROM tools AS web
COPY web/package.json web/package-lock.json web/
COPY clients/typescript/package.json clients/typescript/
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=secret,id=npmrc,target=/root/.npmrc \
    NODE_EXTRA_CA_CERTS=$SSL_CERT_FILE npm --prefix web ci --silent --no-audit --no-fund
COPY web web
COPY clients/typescript clients/typescript
RUN npm --prefix web run --silent build -- --logLevel warn

FROM tools AS sources
COPY pyproject.toml requirements.lock ./
COPY docker/install.py docker/sbom.py docker/
COPY clients/python clients/python
COPY --from=rootfs /rootfs/var/lib/dpkg/status.d /status.d

FROM sources AS gateway-build
COPY services/__init__.py services/
COPY services/kit services/kit
COPY gateway gateway
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=secret,id=uv.toml,target=/etc/uv/uv.toml \
    python3.11 docker/install.py gateway /opt/candor \
        clients/python/candor clients/python/buf services/__init__.py services/kit gateway
COPY docker/serve.py docker/healthy.py /opt/candor/bin/
COPY --from=web /src/web/dist /opt/candor/web
COPY web/package-lock.json web/
RUN python docker/sbom.py candor/gateway /usr/share/sbom/image.cdx.json --npm web/package-lock.json \
        --debian /status.d --python /opt/candor/lib/python3.11/site-packages

FROM sources AS edge-build
COPY services/__init__.py services/
COPY services/kit services/kit
COPY mesh mesh
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=secret,id=uv.toml,target=/etc/uv/uv.toml \
    python3.11 docker/install.py edge /opt/candor \
        clients/python/candor clients/python/buf services/__init__.py services/kit mesh
COPY docker/serve.py docker/healthy.py /opt/candor/bin/
RUN python docker/sbom.py candor/edge /usr/share/sbom/image.cdx.json \
        --debian /status.d --python /opt/candor/lib/python3.11/site-packages

FROM scratch AS base
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.cyclonedx.bom="/usr/share/sbom/image.cdx.json"
COPY --from=rootfs /rootfs /
ENV PATH=/opt/candor/bin:/usr/bin CANDOR_STATE=/var/lib/candor
USER 10001:10001
WORKDIR /var/lib/candor
ENTRYPOINT ["/opt/candor/bin/serve.py"]

FROM base AS edge
LABEL org.opencontainers.image.title="candor/edge" \
      org.opencontainers.image.description="Candor's edge: Envoy, one port for REST, gRPC-Web and gRPC"
COPY --from=edge-build /usr/share/sbom /usr/share/sbom
COPY --from=edge-build /opt/candor /opt/candor
ENV CANDOR_PROGRAM=mesh.edge
EXPOSE 8080 9464

FROM base AS gateway
LABEL org.opencontainers.image.title="candor/gateway" \
      org.opencontainers.image.description="Candor's gateway: sign-in, WebSockets and the web app"
COPY --from=gateway-build /usr/share/sbom /usr/share/sbom
COPY --from=gateway-build /opt/candor /opt/candor
ENV CANDOR_PROGRAM=gateway CANDOR_GATEWAY_WEB_FOLDER=/opt/candor/web
EXPOSE 8100 9464
