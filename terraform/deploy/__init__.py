"""Deploys one topology to AWS and rolls versions forward and back: the code behind `./deploy.sh`.

It uses the standard library alone and runs on any Python from 3.11 on: operators start it on a machine that has
terraform and the AWS CLI, but no environment of this repository. Therefore it is next to the configuration that it
deploys, not in `sim`, whose package imports boto3 and pytest and is built into the wheel.

Everything that it knows about a deployment comes from Terraform's outputs. It never reads or prints a secret; it only
passes its environment on to Terraform.
"""
