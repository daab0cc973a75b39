"""`python -m rawk_cloud --port N`: moto's server with our additions, on 127.0.0.1."""
# mypy: disable-error-code="import-not-found"
# moto is installed in a separate environment

import argparse

from werkzeug.serving import make_server

from . import additions


def main() -> None:
    """Serve until the process is stopped."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--identity-url", help="server whose IAM has the instance profiles (default: moto's)")
    parsed = arguments.parse_args()
    application = additions.application(parsed.identity_url)
    make_server("127.0.0.1", parsed.port, application, threaded=True).serve_forever()


if __name__ == "__main__":
    main()
