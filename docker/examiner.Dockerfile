# The examiner: locked test packages, the suites' place on the path, and the runner itself.
ARG PACKAGES
FROM ${PACKAGES}
RUN echo /grader/common > /opt/venv/lib/python3.11/site-packages/grader.pth
COPY takehome /usr/local/bin/takehome
