# A virtual environment with locked packages: a runtime of submissions, or the examiner's.
ARG BASE
FROM ${BASE}
# A mirror or a proxy of the host, where it has one.
ARG PIP_INDEX_URL UV_INDEX_URL UV_DEFAULT_INDEX HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy
COPY ca.pem requirements.lock debian.list /opt/build/
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin
# Packages that ship templates which are not Python make compileall fail at the end;
# everything else is compiled by then. Bytecode is compiled here, because nothing can write it where the image runs, and
# unchecked, so that a start does not stat every source file.
RUN set -eu; \
    if [ -s /opt/build/ca.pem ]; then export SSL_CERT_FILE=/opt/build/ca.pem; fi; \
    system=; \
    if [ -s /opt/build/debian.list ]; then \
        apt-get update; \
        DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(cat /opt/build/debian.list); \
        rm -rf /var/lib/apt/lists/*; \
        system=--system-site-packages; \
    fi; \
    /opt/uv/bin/uv venv $system --python /usr/bin/python3 /opt/venv; \
    VIRTUAL_ENV=/opt/venv /opt/uv/bin/uv pip install --no-cache --require-hashes -r /opt/build/requirements.lock; \
    /opt/venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib || true; \
    rm -rf /opt/build
