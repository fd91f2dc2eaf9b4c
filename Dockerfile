# Two images from one file: `web` (pages, API, web worker, beat; no torch) and `gpu` (what trains and generates).
#
#   docker build --target web --tag labelstudio_rlhf-web:local .
#   docker build --target gpu --tag labelstudio_rlhf-gpu:local .
#
# `gpu` comes last because a builder that knows no targets' graph builds every stage up to the one it was asked for.

FROM python:3.11-slim AS base
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ARTIFACT_ROOT=/data/artifacts \
    TMPDIR=/data/scratch
# A fixed number: volumes keep their owner from one image to the next.
RUN groupadd --gid 10001 app \
    && useradd --uid 10001 --gid app --no-create-home --home-dir /data/home --shell /usr/sbin/nologin app \
    && install -d -o app -g app -m 0700 /data/artifacts /data/beat /data/home /data/scratch
WORKDIR /app

# --- what the web half needs ---------------------------------------------------------------------
FROM base AS web-packages
RUN python -m venv /opt/venv
COPY requirements/web.txt requirements/web.txt
# Wheels only: no compiler in the image, and the same files on every build.
RUN pip install --no-cache-dir --disable-pip-version-check --only-binary=:all: --requirement requirements/web.txt

# --- the program, its pages' files collected and its bytecode written ------------------------------
FROM web-packages AS program
# What .dockerignore lets through, which names everything.
COPY . .
# Throwaway values: collecting opens neither, and none of them reaches the image. A checkout may have been made for its
# owner alone; in the image everybody reads and nobody but root writes.
RUN SECRET_KEY=build DATABASE_URL=postgresql://build/build REDIS_URL=redis://build \
    python manage.py collectstatic --noinput \
    && python -m compileall -q --invalidation-mode unchecked-hash . \
    && chmod -R u=rwX,go=rX .

# --- web ----------------------------------------------------------------------------------------
FROM base AS web
LABEL org.opencontainers.image.title="labelstudio_rlhf" \
      org.opencontainers.image.description="People rank, models learn: pages, API, web worker and scheduler" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=web-packages /opt/venv /opt/venv
COPY --from=program /app /app
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "docker/health.py", "web"]
ENTRYPOINT ["python", "docker/entrypoint.py"]
CMD ["gunicorn", "labelstudio_rlhf.wsgi:application", "--bind=0.0.0.0:8000", \
     "--worker-class=gthread", "--workers=2", "--threads=4", "--graceful-timeout=5", \
     "--no-control-socket", "--worker-tmp-dir=/dev/shm", "--access-logfile=-"]

# --- what training and generating need besides ----------------------------------------------------
FROM web-packages AS gpu-packages
# A further index for pip, such as one of PyTorch's builds for the processor alone; without it come those with CUDA.
ARG PIP_EXTRA_INDEX_URL=
COPY requirements/ml.txt requirements/ml.txt
RUN pip install --no-cache-dir --disable-pip-version-check --requirement requirements/ml.txt

# --- gpu: the same program and user; its packages in one layer rather than over those of `web` ------
FROM base AS gpu
LABEL org.opencontainers.image.title="labelstudio_rlhf-gpu" \
      org.opencontainers.image.description="People rank, models learn: the workers that generate and train" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=gpu-packages /opt/venv /opt/venv
COPY --from=program /app /app
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=15s --start-period=60s --retries=3 \
    CMD ["python", "docker/health.py", "celery", "gpu"]
ENTRYPOINT ["python", "docker/entrypoint.py"]
CMD ["celery", "--app=labelstudio_rlhf", "worker", "--queues=generate,train", "--hostname=gpu@%h", \
     "--pool=threads", "--concurrency=1", "--loglevel=INFO"]
