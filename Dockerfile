# GraphiQL: the files of the npm packages that dexter_graphql/console/assets.json names.
FROM node:22-slim AS console
WORKDIR /src/web
COPY web/build.mjs ./
COPY dexter_graphql/console /src/dexter_graphql/console
RUN node build.mjs

# Dexter and its dependencies in a virtual environment, which the last stage copies.
FROM python:3.13-slim AS package
WORKDIR /src
RUN python -m venv /opt/venv
COPY constraints.txt ./
RUN /opt/venv/bin/pip install --no-cache-dir --require-hashes --requirement constraints.txt
COPY pyproject.toml README.md LICENSE ./
COPY dexter_graphql ./dexter_graphql
COPY docs ./docs
COPY --from=console /src/dexter_graphql/console/build ./dexter_graphql/console/build
RUN /opt/venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin dexter \
    && install --directory --owner 10001 --group 10001 --mode 700 /var/lib/dexter
COPY --from=package /opt/venv /opt/venv
# Mode `open` has no authentication and listens on the loopback only, which is unreachable from outside the container.
ENV PATH=/opt/venv/bin:$PATH DEXTER_HOST=0.0.0.0 DEXTER_PORT=8000 DEXTER_MODE=passthrough
WORKDIR /
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=4s --start-period=10s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"DEXTER_PORT\"]}/health/live', timeout=3)"]
ENTRYPOINT ["dexter"]
CMD ["serve"]
