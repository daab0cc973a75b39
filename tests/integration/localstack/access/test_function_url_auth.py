"""Function URLs are for those whom their type and policy let in, and not without the feature."""

from sim.localstack.conformance.documented.function_urls import url
from sim.localstack.server import LocalStack


def test_without_the_feature_every_url_is_for_everyone_as_in_stock_localstack(stock: LocalStack) -> None:
    for auth_type in ("NONE", "AWS_IAM"):
        with url(stock.target, auth_type) as plain:
            assert plain.send(stock.target) == "called"
