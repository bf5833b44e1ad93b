# Two stages: the first installs what requirements.run.lock names (versions and hashes), the second runs it.
FROM python:3.11-slim AS build
WORKDIR /source
COPY requirements.run.lock .
RUN python -m venv /opt/malha \
    && /opt/malha/bin/pip install --no-cache-dir --require-hashes -r requirements.run.lock
COPY pyproject.toml README.md ./
COPY graph graph
COPY ingest ingest
COPY inventory inventory
COPY optimizer optimizer
COPY replay replay
COPY api api
COPY cypher cypher
# The build tool is locked as well, so nothing is fetched here.
RUN /opt/malha/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin malha \
    && install -d -o malha -g malha /data/snapshots /data/keys /data/reports
COPY --from=build /opt/malha /opt/malha
COPY --from=build /source/cypher /opt/malha/lib/python3.11/site-packages/cypher
# The file system is read-only under compose: compiled code goes where files may be written.
ENV PATH=/opt/malha/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 NUMBA_CACHE_DIR=/tmp/numba
USER 10001
WORKDIR /home/malha
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["malha"]
CMD ["--help"]
