# The API (and the `rawk` command) as an image: App Runner, EC2, ECS, and, by the adapter, Lambda.
#
#   docker build -t rawk-api .
#   docker buildx build --platform linux/amd64,linux/arm64 -t rawk-api .
#
# Its settings come from the environment (src/rawk/config.py); it contains no secret.

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/rawk
# The libraries in a separate layer, which changes with the lock file only. Wheels only, each checked by its hash.
COPY requirements/product.txt /tmp/product.txt
RUN /opt/rawk/bin/pip install --quiet --require-hashes --no-deps --only-binary :all: --requirement /tmp/product.txt \
 && /opt/rawk/bin/pip check \
 && /opt/rawk/bin/pip uninstall --quiet --yes pip
COPY src/rawk /opt/rawk/lib/python3.13/site-packages/rawk
# Bytecode that Python uses without a check of its source: the image's user cannot write bytecode at a start.
RUN /opt/rawk/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/rawk/lib \
 && printf '#!/opt/rawk/bin/python\nimport sys\n\nfrom rawk.cli import main\n\nsys.exit(main())\n' > /opt/rawk/bin/rawk \
 && chmod 755 /opt/rawk/bin/rawk

FROM python:3.13-slim
# An ordinary user, by number, so that a platform can check that it is not root.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin rawk
COPY --from=build /opt/rawk /opt/rawk
# The Lambda Web Adapter turns invocations into HTTP requests; outside of Lambda it does not run.
COPY --from=public.ecr.aws/awsguru/aws-lambda-adapter:0.9.1 /lambda-adapter /opt/extensions/lambda-adapter
ENV PATH=/opt/rawk/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    AWS_LWA_READINESS_CHECK_PATH=/healthz
WORKDIR /tmp
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
CMD ["rawk", "serve", "--host", "0.0.0.0", "--port", "8080"]
