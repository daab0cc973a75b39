#!/bin/sh
# The API as a Lambda function from a zip: this is the function's handler, which the Lambda Web Adapter starts (its layer,
# with AWS_LAMBDA_EXEC_WRAPPER=/opt/bootstrap). The adapter sets the port.
task_root=${LAMBDA_TASK_ROOT:-$(dirname "$0")}
export PYTHONPATH="$task_root${PYTHONPATH:+:$PYTHONPATH}"
exec python3 -m rawk serve --host 127.0.0.1 --port "${AWS_LWA_PORT:-${PORT:-8080}}"
