package check_test

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/attribution-dev/attribution/internal/config"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

const cronJobFile = "deploy/kubernetes/cronjob.yaml"

// manifest decodes the two objects of the file; a field Kubernetes does not know, or
// one given twice, is an error.
func manifest(t *testing.T) (job batchv1.CronJob, settings corev1.ConfigMap) {
	t.Helper()
	documents := strings.Split(string(read(t, cronJobFile)), "\n---\n")
	require.Len(t, documents, 2)
	require.NoError(t, yaml.UnmarshalStrict([]byte(documents[0]), &job))
	require.NoError(t, yaml.UnmarshalStrict([]byte(documents[1]), &settings))
	require.Equal(t, "batch/v1 CronJob", job.APIVersion+" "+job.Kind)
	require.Equal(t, "v1 ConfigMap", settings.APIVersion+" "+settings.Kind)
	return job, settings
}

func TestCronJob(t *testing.T) {
	job, settings := manifest(t)
	require.Equal(t, batchv1.ForbidConcurrent, job.Spec.ConcurrencyPolicy)
	require.NotNil(t, job.Spec.TimeZone)
	spec := job.Spec.JobTemplate.Spec
	pod := spec.Template.Spec
	require.Equal(t, corev1.RestartPolicyNever, pod.RestartPolicy)
	require.Equal(t, []int32{2, 3}, spec.PodFailurePolicy.Rules[0].OnExitCodes.Values)
	require.GreaterOrEqual(t, *pod.TerminationGracePeriodSeconds, int64(30))
	require.True(t, *pod.SecurityContext.RunAsNonRoot)
	require.False(t, *pod.AutomountServiceAccountToken)

	require.Len(t, pod.Containers, 1)
	container := pod.Containers[0]
	require.Equal(t, container.Name, *spec.PodFailurePolicy.Rules[0].OnExitCodes.ContainerName)
	require.NotContains(t, container.Image, ":latest")
	require.True(t, *container.SecurityContext.ReadOnlyRootFilesystem)
	require.False(t, *container.SecurityContext.AllowPrivilegeEscalation)
	require.Equal(t, []corev1.Capability{"ALL"}, container.SecurityContext.Capabilities.Drop)
	require.Empty(t, container.Command, "the image's entry point")
	checkCommand(t, cronJobFile, container.Args...)

	env := map[string]string{}
	for _, e := range container.Env {
		require.Nil(t, e.ValueFrom, "%s: secrets are files, which are rotated", e.Name)
		env[e.Name] = e.Value
	}
	c := checkEnvironment(t, cronJobFile, env)
	require.Greater(t, container.Resources.Limits.Memory().Value(), int64(c.MemoryLimit))
	require.False(t, container.Resources.Requests.Cpu().IsZero())

	checkMounts(t, container, pod.Volumes, settings, c.DatabasePasswordFile)
	text := settings.Data["attribution.yaml"]
	require.Len(t, settings.Data, 1)
	file := filepath.Join(t.TempDir(), "attribution.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	fromFile, err := config.Load(file, nil)
	require.NoError(t, err)
	checkURL(t, cronJobFile, fromFile.DatabaseURL)
	require.NotContains(t, text, "password", "it is in the secret")
}

// checkMounts: the settings and the password are where the arguments and the
// environment say, and nothing is writable.
func checkMounts(t *testing.T, container corev1.Container, volumes []corev1.Volume, settings corev1.ConfigMap, password string) {
	t.Helper()
	mounted := map[string]corev1.Volume{}
	for _, m := range container.VolumeMounts {
		require.True(t, m.ReadOnly, m.Name)
		require.Empty(t, m.SubPath, "a subPath is never rotated")
		for _, v := range volumes {
			if v.Name == m.Name {
				mounted[m.MountPath] = v
			}
		}
	}
	require.Len(t, mounted, len(volumes))
	secret := mounted[path.Dir(password)].Secret
	require.NotNil(t, secret, "%s is in no secret that is mounted", password)
	require.EqualValues(t, 0o440, *secret.DefaultMode)
	require.Contains(t, string(read(t, cronJobFile)), "kubectl create secret generic "+secret.SecretName+" --from-literal="+path.Base(password)+"=")
	for i, arg := range container.Args {
		if arg == "--config" {
			file := container.Args[i+1]
			configMap := mounted[path.Dir(file)].ConfigMap
			require.NotNil(t, configMap, file)
			require.Equal(t, settings.Name, configMap.Name)
			require.Contains(t, settings.Data, path.Base(file))
			return
		}
	}
	t.Error("the settings are mounted and not read")
}
