"""How each resource type of the rendering is made, found and removed through AWS's API, by AWS service.

A type names the attributes that it supports. The reduction of a plan and the reading of a rendering refuse all others:
a new setting in the Terraform configuration is either made here too, or is an error. The names of Terraform's
attributes in AWS's API are from the provider's documentation of the type and from the API reference of the call.
"""

from sim.provisioning.resources.registry import RESOURCE_TYPES
from sim.provisioning.resources.resource_type import FunctionInputs, References, ResourceType

__all__ = ["RESOURCE_TYPES", "FunctionInputs", "References", "ResourceType"]
