"""What stands in an annotation as JSON: the fields are named as the API server names them."""

from __future__ import annotations

import pytest

SCALER = """apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata:
  name: web
  annotations:
    {key}: '{value}'
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}
  maxReplicas: 3
  targetCPUUtilizationPercentage: {percent}
"""
POD = """apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    scheduler.alpha.kubernetes.io/tolerations: '{value}'
spec: {{containers: [{{name: web, image: "nginx:1.27"}}]}}
"""
METRIC = '{"type":"Resource","resource":{"name":"cpu","targetAverageUtilization":%s}}'
TOLERATIONS = "metadata.annotations.scheduler.alpha.kubernetes.io/tolerations"


def fields(judged):
    return [finding.field for finding in judged]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("", ["spec.metrics[0].resource.target.averageUtilization"]),
        ("{}", ["spec.metrics[0].resource.target.averageUtilization"]),
        (f"[{METRIC % 5}]", ["spec.metrics[1].resource.target.averageUtilization"]),
        (f"[{METRIC % 0}]", [f"spec.metrics[{at}].resource.target.averageUtilization" for at in (0, 1)]),
        (f"[{METRIC % 5},{METRIC % 5}]", ["spec.metrics[2].resource.target.averageUtilization"]),
    ],
)
def test_the_percentage_comes_behind_the_metrics_of_the_annotation(judge, value, wanted):
    text = SCALER.format(key="autoscaling.alpha.kubernetes.io/metrics", value=value, percent=0)
    assert sorted(fields(judge(text))) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ('{"ScaleUp":{}}', ["scaleUp.policies"]),
        ('{"SCALEUP":{"policies":[{"TYPE":"Pods","value":1}]}}', ["scaleUp.policies[0].periodSeconds"]),
        ('{"ScaleUp":{},"scaleUp":null}', []),
        ('{"ScaleUp":{"SelectPolicy":"x"},"scaleUp":{"SelectPolicy":null}}', ["scaleUp.policies"]),
        ('{"ScaleUp":{"Policies":[{"Type":"Pods","Value":1}],"policies":[{"PeriodSeconds":1}]}}', []),
        ('{"ScaleUp":{"Policies":{}}}', []),
        ('{"ScaleUp":{"Tolerance":true}}', []),
        ("[" * 100000, []),
    ],
)
def test_a_behavior_is_read_as_the_api_server_reads_it(judge, value, wanted):
    text = SCALER.format(key="autoscaling.alpha.kubernetes.io/behavior", value=value, percent=50)
    assert fields(judge(text)) == [f"spec.behavior.{field}" for field in wanted]


def test_what_is_wrong_in_an_annotation_lies_at_the_annotation(judge):
    text = SCALER.format(key="autoscaling.alpha.kubernetes.io/metrics", value="[null]", percent=50)
    (finding,) = judge(text)
    assert finding.location.line == 6
    assert finding.message == "in the annotation autoscaling.alpha.kubernetes.io/metrics: a metric without type"


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("no", ["metadata.annotations"]),
        ("{}", ["metadata.annotations"]),
        ('[{"tolerationSeconds":1.0}]', ["metadata.annotations"]),
        ('[{"Operator":"Exists"},{"key":"a b"}]', [f"{TOLERATIONS}[1].key"]),
        ("[null]", [f"{TOLERATIONS}[0].operator"]),
        ('[{"key":"a","Key":null}]', []),
        ("null", []),
    ],
)
def test_each_toleration_of_an_annotation_has_its_field(judge, value, wanted):
    assert fields(judge(POD.format(value=value))) == wanted
