package check_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/stretchr/testify/require"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	"gopkg.in/yaml.v3"
)

const terraformDir = "deploy/terraform"

// A module is what the folder's files declare.
type module struct {
	bodies   map[string]*hclsyntax.Body // by file
	declared map[string]bool            // "var.name", "local.x", "aws_iam_role.task", "data.aws_region.current"
	locals   hclsyntax.Attributes
}

// terraform parses every file.
func terraform(t *testing.T) *module {
	t.Helper()
	m := &module{bodies: map[string]*hclsyntax.Body{}, declared: map[string]bool{}, locals: hclsyntax.Attributes{}}
	files, err := filepath.Glob(filepath.Join(root, terraformDir, "*.tf"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	parser := hclparse.NewParser()
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		parsed, problems := parser.ParseHCL(text, file)
		require.False(t, problems.HasErrors(), problems)
		body := parsed.Body.(*hclsyntax.Body)
		require.Empty(t, body.Attributes, file)
		m.bodies[filepath.Base(file)] = body
		for _, b := range body.Blocks {
			m.declare(t, b)
		}
	}
	return m
}

func (m *module) declare(t *testing.T, b *hclsyntax.Block) {
	t.Helper()
	var names []string
	switch b.Type {
	case "variable":
		names = []string{"var." + b.Labels[0]}
		require.Contains(t, b.Body.Attributes, "type", "variable %s", b.Labels[0])
		require.Contains(t, b.Body.Attributes, "description", "variable %s", b.Labels[0])
	case "locals":
		for name, a := range b.Body.Attributes {
			names = append(names, "local."+name)
			m.locals[name] = a
		}
	case "resource":
		names = []string{strings.Join(b.Labels, ".")}
	case "data":
		names = []string{"data." + strings.Join(b.Labels, ".")}
	case "output":
		names = []string{"output." + b.Labels[0]}
		require.Contains(t, b.Body.Attributes, "description", "output %s", b.Labels[0])
	case "terraform":
	default:
		t.Errorf("%s: a block of kind %q", b.TypeRange, b.Type)
	}
	for _, name := range names {
		require.False(t, m.declared[name], "%s twice", name)
		m.declared[name] = true
	}
}

// block is a declared resource or data source.
func (m *module) block(t *testing.T, kind string, labels ...string) *hclsyntax.Block {
	t.Helper()
	for _, body := range m.bodies {
		for _, b := range body.Blocks {
			if b.Type == kind && slices.Equal(b.Labels, labels) {
				return b
			}
		}
	}
	require.FailNow(t, "not declared", "%s %v", kind, labels)
	return nil
}

// attribute is one step of a traversal, or "".
func attribute(traversal hcl.Traversal, step int) string {
	if len(traversal) > step {
		switch s := traversal[step].(type) {
		case hcl.TraverseRoot:
			return s.Name
		case hcl.TraverseAttr:
			return s.Name
		}
	}
	return ""
}

// TestTerraformFormat: each file is as "terraform fmt" leaves it.
func TestTerraformFormat(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, terraformDir, "*.tf"))
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(hclwrite.Format(text)), string(text), file)
	}
}

// TestTerraformReferences: what an expression names is declared, and every variable and
// local is used.
func TestTerraformReferences(t *testing.T) {
	m := terraform(t)
	used := map[string]bool{}
	var visit func(body *hclsyntax.Body, scope []string)
	visit = func(body *hclsyntax.Body, scope []string) {
		for _, a := range body.Attributes {
			for _, traversal := range hclsyntax.Variables(a.Expr) {
				name := traversal.RootName()
				switch name {
				case "var", "local":
					name += "." + attribute(traversal, 1)
				case "data":
					name += "." + attribute(traversal, 1) + "." + attribute(traversal, 2)
				case "path":
					require.Equal(t, "module", attribute(traversal, 1))
					continue
				default:
					if slices.Contains(scope, name) {
						continue
					}
					name += "." + attribute(traversal, 1)
				}
				require.True(t, m.declared[name], "%s: %s is declared nowhere", traversal.SourceRange(), name)
				used[name] = true
			}
		}
		for _, b := range body.Blocks {
			inner := slices.Clone(scope)
			if b.Body.Attributes["for_each"] != nil && b.Type != "dynamic" {
				inner = append(inner, "each")
			}
			switch b.Type {
			case "dynamic":
				inner = append(inner, b.Labels[0])
			case "variable": // its type
				inner = append(inner, "string", "number")
			}
			visit(b.Body, inner)
		}
	}
	for _, body := range m.bodies {
		visit(body, nil)
	}
	for name := range m.declared {
		if strings.HasPrefix(name, "var.") || strings.HasPrefix(name, "local.") || strings.HasPrefix(name, "data.") {
			require.True(t, used[name], "%s is used nowhere", name)
		}
	}
	require.True(t, m.declared["aws_ecs_task_definition.task"] && m.declared["aws_scheduler_schedule.nightly"] && m.declared["aws_codepipeline.rollout"])
}

// scope is what expressions are evaluated in: variables at their defaults, or at
// something of their type; locals; and text for what only AWS knows.
func (m *module) scope(t *testing.T, given map[string]cty.Value) *hcl.EvalContext {
	t.Helper()
	ctx := &hcl.EvalContext{
		Variables: map[string]cty.Value{"path": cty.ObjectVal(map[string]cty.Value{"module": cty.StringVal(".")})},
		Functions: map[string]function.Function{
			"join": stdlib.JoinFunc, "jsonencode": stdlib.JSONEncodeFunc, "floor": stdlib.FloorFunc, "toset": stdlib.MakeToFunc(cty.Set(cty.String)),
		},
	}
	variables := map[string]cty.Value{}
	for name := range m.declared {
		short, isVariable := strings.CutPrefix(name, "var.")
		if !isVariable {
			continue
		}
		b := m.block(t, "variable", short).Body.Attributes
		switch value, isGiven := given[short]; {
		case isGiven:
			variables[short] = value
		case b["default"] != nil:
			variables[short] = m.value(t, ctx, b["default"].Expr)
		case hcl.ExprAsKeyword(b["type"].Expr) == "string":
			variables[short] = cty.StringVal("a-" + short)
		default: // list(string)
			variables[short] = cty.ListVal([]cty.Value{cty.StringVal("a-" + short), cty.StringVal("b-" + short)})
		}
	}
	ctx.Variables["var"] = cty.ObjectVal(variables)
	text := func(names ...string) cty.Value {
		values := map[string]cty.Value{}
		for _, name := range names {
			values[name] = cty.StringVal("the-" + name)
		}
		return cty.ObjectVal(values)
	}
	of := func(name string, v cty.Value) cty.Value { return cty.ObjectVal(map[string]cty.Value{name: v}) }
	ctx.Variables["data"] = cty.ObjectVal(map[string]cty.Value{
		"aws_region": of("current", text("name")), "aws_caller_identity": of("current", text("account_id")), "aws_partition": of("current", text("partition")),
	})
	ctx.Variables["aws_ecr_repository"] = of("image", text("arn", "name", "repository_url"))
	ctx.Variables["aws_cloudwatch_log_group"] = of("task", text("arn", "name"))
	locals := map[string]cty.Value{}
	for _, name := range []string{"region", "account", "arn", "tasks", "environment", "secrets", "steps"} {
		locals[name] = m.value(t, ctx, m.locals[name].Expr)
	}
	ctx.Variables["local"] = cty.ObjectVal(locals)
	return ctx
}

func (m *module) value(t *testing.T, ctx *hcl.EvalContext, e hclsyntax.Expression) cty.Value {
	t.Helper()
	v, problems := e.Value(ctx)
	require.False(t, problems.HasErrors(), problems)
	return v
}

// A container is what ECS is told of one.
type container struct {
	Name, Image, User      string
	Essential              bool
	Command                []string
	ReadonlyRootFilesystem bool
	StopTimeout            int
	LinuxParameters        struct{ Capabilities struct{ Drop []string } }
	Environment            []struct{ Name, Value string }
	Secrets                []struct{ Name, ValueFrom string }
	LogConfiguration       struct {
		LogDriver string
		Options   map[string]string
	}
}

// TestTaskDefinitions: both tasks, evaluated, are containers of our image that run what
// it has, with settings that are valid, in memory Fargate sells.
func TestTaskDefinitions(t *testing.T) {
	m := terraform(t)
	ctx := m.scope(t, map[string]cty.Value{"pagerduty_secret_arn": cty.StringVal("arn:aws:secretsmanager:eu-west-1:1:secret:pagerduty")})
	task := m.block(t, "resource", "aws_ecs_task_definition", "task").Body.Attributes
	tasks := ctx.Variables["local"].GetAttr("tasks").AsValueMap()
	require.Len(t, tasks, 2)
	for name, each := range tasks {
		ctx.Variables["each"] = cty.ObjectVal(map[string]cty.Value{"key": cty.StringVal(name), "value": each})
		var containers []container
		d := json.NewDecoder(strings.NewReader(m.value(t, ctx, task["container_definitions"].Expr).AsString()))
		d.DisallowUnknownFields()
		require.NoError(t, d.Decode(&containers))
		require.Len(t, containers, 1)
		c := containers[0]
		require.True(t, c.Essential && c.ReadonlyRootFilesystem)
		require.Regexp(t, `^[1-9]\d*:[1-9]\d*$`, c.User)
		require.Equal(t, []string{"ALL"}, c.LinuxParameters.Capabilities.Drop)
		require.Equal(t, 60, c.StopTimeout)
		require.Equal(t, "awslogs", c.LogConfiguration.LogDriver)
		require.Len(t, c.LogConfiguration.Options, 3)
		require.Equal(t, name, c.Command[0])
		checkCommand(t, terraformDir, c.Command...)
		env := map[string]string{}
		for _, e := range c.Environment {
			require.NotRegexp(t, `(?i)key|password`, e.Name, "secrets are put in by ECS")
			env[e.Name] = e.Value
		}
		require.NotEmpty(t, c.Secrets)
		for _, s := range c.Secrets {
			require.True(t, strings.HasPrefix(s.ValueFrom, "arn:"), s.ValueFrom)
			env[s.Name] = "secret"
		}
		settings := checkEnvironment(t, terraformDir, env)
		require.Equal(t, "rds-iam", settings.DatabaseAuth)
		require.Contains(t, settings.DatabaseURL, "sslmode=verify-full")
		require.Len(t, settings.Sources, 2)

		cpu, _ := m.value(t, ctx, task["cpu"].Expr).AsBigFloat().Int64()
		mib, _ := m.value(t, ctx, task["memory"].Expr).AsBigFloat().Int64()
		require.EqualValues(t, 1024, cpu)
		require.Contains(t, []int64{2048, 3072, 4096, 5120, 6144, 7168, 8192}, mib, "what Fargate sells with a core")
		require.Greater(t, mib<<20, int64(settings.MemoryLimit))
	}
	without := m.scope(t, nil).Variables["local"].GetAttr("secrets")
	require.Zero(t, without.LengthInt(), "nobody to be paged: no secret")
}

// anyResource are the actions that know no resource to be limited to.
var anyResource = []string{"ecr:GetAuthorizationToken", "ecs:DescribeTasks"}

// TestLeastPrivilege: no role may do just anything, or anything to everything.
func TestLeastPrivilege(t *testing.T) {
	m := terraform(t)
	statements := 0
	var visit func(body *hclsyntax.Body)
	visit = func(body *hclsyntax.Body) {
		for _, b := range body.Blocks {
			visit(b.Body)
		}
		actions := body.Attributes["actions"]
		if actions == nil {
			return
		}
		statements++
		var names []string
		for _, a := range m.value(t, nil, actions.Expr).AsValueSlice() {
			names = append(names, a.AsString())
			require.NotContains(t, a.AsString(), "*", actions.SrcRange)
		}
		if names[0] == "sts:AssumeRole" {
			return // a trust: whose role it is says the block
		}
		resources, problems := body.Attributes["resources"].Expr.Value(nil)
		if problems.HasErrors() {
			return // it names one of ours
		}
		for _, r := range resources.AsValueSlice() {
			require.Equal(t, "*", r.AsString())
			for _, name := range names {
				require.Contains(t, anyResource, name, actions.SrcRange)
			}
		}
	}
	for _, b := range m.bodies["iam.tf"].Blocks {
		if b.Type == "data" && b.Labels[0] == "aws_iam_policy_document" {
			visit(b.Body)
		}
	}
	require.Greater(t, statements, 10)
}

// A buildspec is what CodeBuild does.
type buildspec struct {
	Version string            `yaml:"version"`
	Env     map[string]string `yaml:"env"`
	Phases  map[string]struct {
		Commands []string `yaml:"commands"`
	} `yaml:"phases"`
}

var shellVariable = regexp.MustCompile(`\$\{?([A-Za-z_]+)`)

// TestBuildspecs: a shell can read them, and their variables are given by the project or
// by CodeBuild, or set by themselves.
func TestBuildspecs(t *testing.T) {
	m := terraform(t)
	given := m.locals["step_environment"].Expr.(*hclsyntax.ObjectConsExpr)
	var names []string
	for _, item := range given.Items {
		names = append(names, hcl.ExprAsKeyword(item.KeyExpr))
	}
	used := map[string]bool{}
	steps := m.value(t, nil, m.locals["steps"].Expr).AsValueSlice()
	files, err := filepath.Glob(filepath.Join(root, terraformDir, "buildspec-*.yml"))
	require.NoError(t, err)
	require.Len(t, files, len(steps))
	for _, step := range steps {
		name := terraformDir + "/buildspec-" + step.AsString() + ".yml"
		var spec buildspec
		d := yaml.NewDecoder(strings.NewReader(string(read(t, name))))
		d.KnownFields(true)
		require.NoError(t, d.Decode(&spec))
		require.Equal(t, "0.2", spec.Version)
		var script strings.Builder
		for _, phase := range []string{"pre_build", "build", "post_build"} {
			script.WriteString(strings.Join(spec.Phases[phase].Commands, "\n") + "\n")
			delete(spec.Phases, phase)
		}
		require.Empty(t, spec.Phases, "a phase CodeBuild does not know")
		checkScript(t, name, script.String())
		for _, v := range shellVariable.FindAllStringSubmatch(script.String(), -1) {
			used[v[1]] = true
			if !strings.HasPrefix(v[1], "CODEBUILD_") && !strings.Contains(script.String(), v[1]+"=$(") {
				require.Contains(t, names, v[1], name)
			}
		}
	}
	for _, name := range names {
		require.True(t, used[name], "%s is given for nothing", name)
	}
}
