{{/* The release's name before every name; once only where the release is called like the chart. */}}
{{- define "onsale.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* Labels that select the pods of a part. Takes (dict "root" $ "part" "coupon"). */}}
{{- define "onsale.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{/* Labels of everything. */}}
{{- define "onsale.labels" -}}
{{ include "onsale.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "onsale.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{/* A role with what all roles have: (dict "root" $ "role" "coupon") as YAML. */}}
{{- define "onsale.role" -}}
{{- mergeOverwrite (deepCopy .root.Values.roleDefaults) (deepCopy (get .root.Values.roles .role)) | toYaml }}
{{- end }}

{{/* `queue.rate_per_second` as the program's environment has it. */}}
{{- define "onsale.variable" -}}
ONSALE__{{ . | replace "." "__" | upper }}
{{- end }}

{{/* Settings of a map, as environment. */}}
{{- define "onsale.settings" -}}
{{- range $key, $value := . }}
- name: {{ include "onsale.variable" $key }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- end }}

{{/* Addresses of a pod's listeners: (dict "root" $ "port" 8086). A management listener on every address would be refused. */}}
{{- define "onsale.listen" -}}
{{- $ip := ternary "[$(POD_IP)]" "$(POD_IP)" .root.Values.ipv6 }}
- name: POD_IP
  valueFrom:
    fieldRef:
      fieldPath: status.podIP
- name: ONSALE__HTTP__LISTEN
  value: "{{ $ip }}:{{ .port }}"
- name: ONSALE__HTTP__MANAGEMENT_LISTEN
  value: "{{ $ip }}:{{ add .port 1000 }}"
- name: ONSALE__HTTP__TRUSTED_PROXIES
  value: {{ join "," .root.Values.trustedProxies | quote }}
- name: ONSALE__HTTP__PUBLIC_URL
  value: {{ .root.Values.publicUrl | quote }}
- name: ONSALE__HTTP__DRAIN_SECONDS
  value: {{ .root.Values.ending.drainSeconds | quote }}
{{- end }}

{{/* Settings of every process: it is no demonstration, and keeps what it keeps in a folder that it makes itself. */}}
{{- define "onsale.always" -}}
- name: ONSALE__DATA__DIR
  value: /var/lib/onsale/data
- name: ONSALE__DEMO__ENABLED
  value: "false"
- name: ONSALE__COUPON__OPEN_ISSUE
  value: "false"
{{- include "onsale.settings" .Values.config }}
{{- end }}

{{/* Where the roles reach each other. */}}
{{- define "onsale.urls" -}}
{{- $ := . }}
{{- range $role, $of := .Values.roles }}
{{- $url := printf "http://%s-%s:%v" (include "onsale.name" $) $role $of.port }}
{{- if has $role (list "user" "catalog" "queue" "coupon" "gate" "reservation" "payment") }}
- name: ONSALE__GATEWAY__URL__{{ upper $role }}
  value: {{ $url }}
{{- end }}
{{- if has $role (list "gate" "coupon" "catalog" "queue" "reservation" "payment") }}
- name: ONSALE__INTERNAL__URL__{{ upper $role }}
  value: {{ $url }}
{{- end }}
{{- end }}
{{- end }}

{{- define "onsale.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .Values.user }}
runAsGroup: {{ .Values.user }}
fsGroup: {{ .Values.user }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "onsale.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Probes, and the way out: (dict "root" $ "port" 8086 "readiness" "/health/ready"). */}}
{{- define "onsale.probes" -}}
ports:
  - {name: http, containerPort: {{ .port }}, protocol: TCP}
  - {name: management, containerPort: {{ add .port 1000 }}, protocol: TCP}
# A large journal is read before the server answers.
startupProbe:
  httpGet: {path: /health/live, port: management}
  periodSeconds: 2
  failureThreshold: 150
livenessProbe:
  httpGet: {path: /health/live, port: management}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: {{ .readiness }}, port: management}
  periodSeconds: 3
  timeoutSeconds: 3
  failureThreshold: 3
lifecycle:
  # The pod has just been taken from the lists of addresses, and not everybody has heard of it.
  preStop:
    sleep:
      seconds: {{ .root.Values.ending.leaveSeconds }}
{{- end }}

{{/* Longest time from the wish to end to SIGKILL. */}}
{{- define "onsale.grace" -}}
{{ add .Values.ending.leaveSeconds .Values.ending.drainSeconds 15 }}
{{- end }}

{{/* Over zones first, then over nodes: (dict "root" $ "part" "coupon"). */}}
{{- define "onsale.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: {{ .root.Values.zones.key }}
    whenUnsatisfiable: {{ .root.Values.zones.whenUnsatisfiable }}
    labelSelector:
      matchLabels: {{- include "onsale.selector" . | nindent 8 }}
    # While a version is replaced the old pods do not count.
    matchLabelKeys: [pod-template-hash]
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels: {{- include "onsale.selector" . | nindent 14 }}
{{- end }}

{{/* Where pods may run, and how they are told apart: the same for all. */}}
{{- define "onsale.placement" -}}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* A role without a database would count as one with SQLite in its folder, which everybody may write here. Nothing is there. */}}
{{- define "onsale.withoutRows" -}}
{{- if not (has "sql" .stores) }}
- name: ONSALE__LEDGER__URL
  value: postgres://none@none.invalid/none
{{- end }}
{{- end }}
