# The connector over HTTP, for many: docs/hosting.md says how it is run.
FROM python:3.13-slim AS build
ARG EXTRAS=serve,postgres,observe
COPY . /source
RUN python -m venv /opt/connector \
    && /opt/connector/bin/pip install --no-cache-dir "/source[$EXTRAS]"

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin connector \
    && install --directory --owner=connector --group=connector --mode=0700 /data
COPY --from=build /opt/connector /opt/connector
ENV PATH=/opt/connector/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DOCEBO_CONNECT_DATA_DIR=/data
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8436
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8436/livez', timeout=4)"]
ENTRYPOINT ["docebo-connect"]
CMD ["serve", "--host", "0.0.0.0"]
