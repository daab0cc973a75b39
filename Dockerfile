# The API (and the `rawk` command) as an image: App Runner, EC2, ECS, and, by the adapter, Lambda.
#
#   docker build -t rawk-api .
#   docker buildx build --platform linux/amd64,linux/arm64 -t rawk-api .
#
# What it is told comes by environment (src/rawk/config.py); no secret is in it.

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/rawk
# The libraries in a layer of their own: they change with the lock alone. Wheels only, each by its hash.
COPY requirements/product.txt /tmp/product.txt
RUN /opt/rawk/bin/pip install --quiet --require-hashes --no-deps --only-binary :all: --requirement /tmp/product.txt \
 && /opt/rawk/bin/pip check \
 && /opt/rawk/bin/pip uninstall --quiet --yes pip
COPY src/rawk /opt/rawk/lib/python3.13/site-packages/rawk
# Bytecode that nobody compares with its source: the user it runs as can not write it, and every start would.
RUN /opt/rawk/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/rawk/lib \
 && printf '#!/opt/rawk/bin/python\nimport sys\n\nfrom rawk.cli import main\n\nsys.exit(main())\n' > /opt/rawk/bin/rawk \
 && chmod 755 /opt/rawk/bin/rawk

FROM python:3.13-slim
# A normal user, by number, so that a platform can see that it is not root.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin rawk
COPY --from=build /opt/rawk /opt/rawk
# On Lambda this turns invocations into HTTP (the Lambda Web Adapter); elsewhere it is a file that nobody runs.
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
# Open event streams are cut after eight seconds of grace: docker kills after ten, ECS after thirty.
CMD ["uvicorn", "--factory", "rawk.asgi:create_app", "--host", "0.0.0.0", "--port", "8080", "--timeout-graceful-shutdown", "8"]
