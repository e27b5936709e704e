{{/* The names hold a version, so that charts of different svcgen packs can be parts of one chart. */}}

{{- define "svcgen.v1.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "svcgen.v1.fullname" -}}
{{- $name := include "svcgen.v1.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "svcgen.v1.selectorLabels" -}}
app.kubernetes.io/name: {{ include "svcgen.v1.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "svcgen.v1.metadata" -}}
name: {{ include "svcgen.v1.fullname" . | quote }}
namespace: {{ .Release.Namespace | quote }}
labels:
  {{- include "svcgen.v1.selectorLabels" . | nindent 2 }}
  app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
  helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" | quote }}
  {{- range $key, $value := .Values.labels }}
  {{ $key | quote }}: {{ $value | quote }}
  {{- end }}
{{- end }}

{{- define "svcgen.v1.image" -}}
{{- $image := .Values.image }}
{{- if $image.digest }}{{ $image.repository }}@{{ $image.digest }}
{{- else if $image.tag }}{{ $image.repository }}:{{ $image.tag }}
{{- else }}{{ $image.repository }}
{{- end }}
{{- end }}

{{/* What values.schema.json cannot say: which numbers may stand together. */}}
{{- define "svcgen.v1.checkPorts" -}}
{{- $seen := dict }}
{{- range $name, $port := .Values.service.ports }}
{{- $protocol := default "TCP" $port.protocol }}
{{- range $what := list "port" "targetPort" }}
{{- $key := printf "%s %v/%s" $what (get $port $what) $protocol }}
{{- if hasKey $seen $key }}
{{- fail (printf "service.ports.%s and service.ports.%s both have %s" (get $seen $key) $name $key) }}
{{- end }}
{{- $_ := set $seen $key $name }}
{{- end }}
{{- if $port.nodePort }}
{{- $key := printf "nodePort %v" $port.nodePort }}
{{- $other := get $seen $key }}
{{- if and $other (ne (int $port.port) (int (get (get $.Values.service.ports $other) "port"))) }}
{{- fail (printf "service.ports.%s and service.ports.%s both have %s: only two protocols of one port may" $other $name $key) }}
{{- end }}
{{- $_ := set $seen $key $name }}
{{- end }}
{{- end }}
{{- end }}

{{/* The name of a port that must be among service.ports; takes a list of the root, the name, and where it stands. */}}
{{- define "svcgen.v1.portName" -}}
{{- $root := index . 0 }}{{ $name := index . 1 }}{{ $where := index . 2 }}
{{- if not (hasKey $root.Values.service.ports $name) }}
{{- fail (printf "%s is %q, which is none of service.ports: %s" $where $name (keys $root.Values.service.ports | sortAlpha | join ", ")) }}
{{- end }}
{{- $name | quote }}
{{- end }}
