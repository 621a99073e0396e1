# Debian with Python 3.11 and the installer `uv`; parent of every other image.
# DEBIAN is a pulled Debian, or one that was bootstrapped with the packages already in it.
ARG DEBIAN
FROM ${DEBIAN}
# A mirror or a proxy of the host, where it has one.
ARG PIP_INDEX_URL UV_INDEX_URL UV_DEFAULT_INDEX HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy
COPY ca.pem uv.lock /opt/build/
RUN set -eu; \
    if ! command -v python3 >/dev/null || ! python3 -c 'import ensurepip' 2>/dev/null; then \
        apt-get update; \
        DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3 python3-venv ca-certificates tzdata; \
        rm -rf /var/lib/apt/lists/*; \
    fi; \
    if [ -s /opt/build/ca.pem ]; then export PIP_CERT=/opt/build/ca.pem; fi; \
    python3 -m venv /opt/uv; \
    /opt/uv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /opt/build/uv.lock; \
    rm -rf /opt/build
