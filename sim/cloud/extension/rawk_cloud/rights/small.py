"""The permissions that calls of the smaller services need: deployments, budgets, images, traces, tables.

From the Service Authorization Reference: https://docs.aws.amazon.com/service-authorization/latest/reference/.
"""

from .need import Call, Needs, passed

# ---- CodeDeploy ----


def deployments(call: Call) -> Needs:
    application, group = call.text("applicationName"), call.text("deploymentGroupName", "currentDeploymentGroupName")
    if arn := call.text("ResourceArn", "resourceArn"):
        yield call.need(arn)
    elif call.operation == "StopDeployment":
        yield call.need()
    elif deployment := call.text("deploymentId"):
        found = call.known.group_of_deployment(deployment)
        yield call.need(call.arn(f"deploymentgroup:{'/'.join(found)}") if found else "*")
    elif config := call.text("deploymentConfigName") if "DeploymentConfig" in call.operation else "":
        yield call.need(call.arn(f"deploymentconfig:{config}"))
    else:
        arn = f"deploymentgroup:{application}/{group}" if group else f"application:{application}"
        yield call.need(call.arn(arn) if application else "*")
        if call.parameters.get("tags"):
            yield call.need(call.arn(arn), "TagResource")
    yield from passed(call.text("serviceRoleArn"), "codedeploy.amazonaws.com")
    if call.operation == "CreateDeployment":
        # https://docs.aws.amazon.com/codedeploy/latest/userguide/auth-and-access-control-permissions-reference.html
        yield call.need(call.arn("deploymentconfig:CodeDeployDefault.*"), "GetDeploymentConfig")
        for action in ("GetApplicationRevision", "RegisterApplicationRevision"):
            yield call.need(call.arn(f"application:{application}"), action)


# ---- Budgets: two actions for all operations ----


def budgets(call: Call) -> Needs:
    if arn := call.text("ResourceARN"):
        yield call.need(arn)
        return
    budget = call.parameters.get("Budget") or call.parameters.get("NewBudget") or {}
    arn = call.global_arn(f"budget/{budget.get('BudgetName') or call.text('BudgetName') or '*'}")
    yield call.need(arn, "ViewBudget" if call.reads else "ModifyBudget")
    if call.parameters.get("ResourceTags"):
        yield call.need(arn, "TagResource")


# ---- ECR, X-Ray, DynamoDB ----


def images(call: Call) -> Needs:
    names = call.parameters.get("repositoryNames") or [call.text("repositoryName")]
    for name in names:
        yield call.need(call.text("resourceArn") or (call.arn(f"repository/{name}") if name else "*"))


def traces(call: Call) -> Needs:
    rule = call.parameters.get("SamplingRule") or call.parameters.get("SamplingRuleUpdate") or call.parameters
    if arn := call.text("ResourceARN", "GroupARN") or rule.get("RuleARN"):
        yield call.need(str(arn))
    elif group := call.text("GroupName"):
        yield from _made(call, call.arn(f"group/{group}/*"))
    elif name := rule.get("RuleName"):
        yield from _made(call, call.arn(f"sampling-rule/{name}"))
    else:
        yield call.need()


def _made(call: Call, arn: str) -> Needs:
    yield call.need(arn)
    if call.parameters.get("Tags"):
        yield call.need(arn, "TagResource")


def tables(call: Call) -> Needs:
    name = call.text("TableName")
    yield call.need(call.arn(f"table/{name}") if name else call.text("ResourceArn") or "*")
