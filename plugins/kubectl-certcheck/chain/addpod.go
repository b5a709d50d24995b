package chain

import "encoding/json"

type podSpecJSON struct {
	ServiceAccountName string
	NodeName           string
	Volumes            []struct {
		Name   string
		Secret *struct {
			SecretName string
			Optional   bool
			Items      []Item
		}
		Projected *struct {
			Sources []struct {
				Secret *struct {
					Name     string
					Optional bool
					Items    []Item
				}
			}
		}
	}
	Containers []containerJSON
}

type containerJSON struct {
	Name, Image   string
	Command, Args []string
	VolumeMounts  []struct{ Name, MountPath, SubPath, SubPathExpr string }
	Ports         []struct {
		Name          string
		ContainerPort int
		Protocol      string
	}
	Env []struct {
		ValueFrom *struct{ SecretKeyRef *struct{ Name string } }
	}
	EnvFrom []struct{ SecretRef *struct{ Name string } }
}

func (o *containerJSON) container() Container {
	c := Container{Name: o.Name, Image: o.Image, Args: append(o.Command, o.Args...)}
	for _, m := range o.VolumeMounts {
		c.Mounts = append(c.Mounts, Mount{m.Name, m.MountPath, m.SubPath + m.SubPathExpr})
	}
	for _, p := range o.Ports {
		c.Ports = append(c.Ports, Port{Number: p.ContainerPort, Name: p.Name, Protocol: p.Protocol})
	}
	for _, e := range o.Env {
		if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil {
			c.EnvSecrets = append(c.EnvSecrets, e.ValueFrom.SecretKeyRef.Name)
		}
	}
	for _, e := range o.EnvFrom {
		if e.SecretRef != nil {
			c.EnvSecrets = append(c.EnvSecrets, e.SecretRef.Name)
		}
	}
	return c
}

func (o *podSpecJSON) volumes() []SecretVolume {
	var all []SecretVolume
	for _, v := range o.Volumes {
		if v.Secret != nil {
			all = append(all, SecretVolume{v.Name, v.Secret.SecretName, v.Secret.Optional, v.Secret.Items})
		}
		if v.Projected == nil {
			continue
		}
		for _, source := range v.Projected.Sources {
			if source.Secret != nil {
				all = append(all, SecretVolume{v.Name, source.Secret.Name, source.Secret.Optional, source.Secret.Items})
			}
		}
	}
	return all
}

func (s *Snapshot) addPod(m Meta, raw []byte) error {
	var o struct {
		Spec   podSpecJSON
		Status struct {
			Phase, PodIP      string
			StartTime         when
			Conditions        []condition
			ContainerStatuses []struct {
				Name  string
				State struct {
					Running *struct{ StartedAt when }
					Waiting *struct{ Reason string }
				}
			}
		}
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	p := &Pod{
		Meta: m, Phase: o.Status.Phase, Ready: conditionsOf(o.Status.Conditions).Is("Ready", "True"), Started: o.Status.StartTime.Time,
		ServiceAccount: o.Spec.ServiceAccountName, Node: o.Spec.NodeName, IP: o.Status.PodIP, Volumes: o.Spec.volumes(),
	}
	if p.ServiceAccount == "" {
		p.ServiceAccount = "default"
	}
	for i := range o.Spec.Containers {
		c := o.Spec.Containers[i].container()
		for _, state := range o.Status.ContainerStatuses {
			if state.Name != c.Name {
				continue
			}
			if state.State.Running != nil {
				c.Started = state.State.Running.StartedAt.Time
			}
			if state.State.Waiting != nil {
				p.Waiting = state.State.Waiting.Reason
			}
		}
		p.Containers = append(p.Containers, c)
	}
	s.Pods = append(s.Pods, p)
	return nil
}

func (s *Snapshot) addWorkload(m Meta, raw []byte) error {
	var o struct {
		Spec struct {
			Replicas *int
			Template struct {
				Metadata struct{ Labels map[string]string }
				Spec     podSpecJSON
			}
		}
		Status struct{ ReadyReplicas, NumberReady int }
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	w := &Workload{Meta: m, Replicas: 1, Ready: max(o.Status.ReadyReplicas, o.Status.NumberReady), PodLabels: o.Spec.Template.Metadata.Labels, Volumes: o.Spec.Template.Spec.volumes()}
	if o.Spec.Replicas != nil {
		w.Replicas = *o.Spec.Replicas
	}
	for i := range o.Spec.Template.Spec.Containers {
		w.Containers = append(w.Containers, o.Spec.Template.Spec.Containers[i].container())
	}
	s.Workloads = append(s.Workloads, w)
	return nil
}
