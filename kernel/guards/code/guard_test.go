package code

import (
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/wire"
)

func run(args map[string]any) *guard.Request {
	c := &kernel.Call{Mandate: &kernel.Mandate{Server: "s", Tool: "run_code", Arguments: wire.MustMarshal(args)}}
	return &guard.Request{Call: c, Action: guard.Extract(c)}
}

func source(lang, code string) *guard.Request {
	return run(map[string]any{"language": lang, "code": code})
}

func must(t testing.TB, c Config) *Guard {
	t.Helper()
	g, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestModules(t *testing.T) {
	g := must(t, Config{})
	for _, tc := range []struct{ lang, code string }{
		{"python", "import os"},
		{"python", "import json, os"},
		{"python", "import json as j, \\\n os as o"},
		{"python", "import os.path"},
		{"python", "x = 1; from os import system"},
		{"python", "from os.path import join"},
		{"python", "if True: import subprocess as s"},
		{"python", "import\\\n os"},
		{"python", "__import__('os').system('ls')"},
		{"python", "__import__('o' + 's')"},
		{"python", "__import__('\\x6fs')"},
		{"python", "__import__(name)"},
		{"python", "f = __import__\nf('o'+'s')"},
		{"python", "importlib.import_module('json')"},
		{"python", "from importlib import import_module"},
		{"python", "import_module('so'[::-1])"},
		{"python", "getattr(builtins, 'ex' + 'ec')('1')"},
		{"python", "__builtins__['eval']('1')"},
		{"python", "().__class__.__bases__[0].__subclasses__()"},
		{"python", "getattr((), '__class__')"},
		{"python", "exec(base64.b64decode('aW1wb3J0IG9z'))"},
		{"python", "eval(input())"},
		{"python", "exec('import os')"},
		{"python", "exec('imp' 'ort os')"},
		{"python", "e = exec\ne('x')"},
		{"python", "#\rimport os"},
		{"javascript", "//\u2028require('child_process')"},
		{"python", "# -*- coding: utf-7 -*-\n+AGkAbQBwAG8AcgB0- os"},
		{"python", "#!x\n# vim: set fileencoding=unicode_escape :\nx"},
		{"python", "import asyncio; asyncio.create_subprocess_shell('id')"},
		{"python", "import _posixsubprocess"},
		{"python", "import code; code.interact()"},
		{"python", "import pip; pip.main(['x'])"},
		{"python", "os.system('ls')"},
		{"python", "numpy.os.system('ls')"},
		{"python", "sys.modules['os']"},
		{"python", "globals()['os']"},
		{"python", "print(f\"{__import__('os').getcwd()}\")"},
		{"python", "!ls -la"},
		{"python", "%%bash\nls"},
		{"python", "get_ipython().system('ls')"},
		{"python", "import ｏｓ"},
		{"python", "𝐨𝐬.system('ls')"},
		{"python", "'''\n''' ; import os"},
		{"python", "x = 'unterminated\nimport os"},
		{"py", "import os"},
		{"python3.12", "import socket"},
		{"javascript", "require('child_process')"},
		{"javascript", "const {exec} = require(\"node:child_process\")"},
		{"javascript", "require('child_' + 'process')"},
		{"javascript", "require(x)"},
		{"javascript", "import os from 'os'"},
		{"javascript", "import { a,\n b } from \"os\""},
		{"javascript", "import 'os'"},
		{"javascript", "await import('os')"},
		{"javascript", "await import(`o${'s'}`)"},
		{"javascript", "process.binding('spawn_sync')"},
		{"javascript", "process.mainModule.require('fs')"},
		{"javascript", "new Function('return process')()"},
		{"javascript", "eval(atob('cmVxdWlyZQ=='))"},
		{"javascript", "/\"/;require('os')//\""},
		{"javascript", "r\\u0065quire('os')"},
		{"javascript", "`${require('os').hostname()}`"},
		{"typescript", "import * as cp from 'child_process'"},
		{"js", "import x = require('os')"},
		{"go", "import \"os/exec\""},
		{"go", "import (\n \"fmt\"\n \"os\"\n)"},
		{"ruby", "system('ls')"},
		{"ruby", "`ls`"},
		{"perl", "qx{ls}"},
		{"php", "shell_exec('ls');"},
		{"lua", "os.execute('ls')"},
		{"unknown", "x = 1 // 2; import os"},
		{"unknown", "# '\nrequire('os')"},
	} {
		d, err := g.Judge(source(tc.lang, tc.code))
		if err != nil || d.Verdict != kernel.Deny || d.Evidence[0].Code != CodeCode || d.Evidence[0].Rule != "rules.code_execution.module_denylist" &&
			d.Evidence[0].Rule != "rules.code_execution.network_access" {
			t.Errorf("%s %q: %+v %v", tc.lang, tc.code, d, err)
		}
		if !strings.Contains(d.Evidence[0].Details, "heuristic") {
			t.Errorf("%q: evidence does not say that it is a heuristic: %+v", tc.code, d)
		}
	}
	for _, tc := range []struct{ lang, code string }{
		{"python", "import json, math\nfrom collections import Counter\nprint(json.dumps({}))"},
		{"python", "# import os\nprint('import os')"},
		{"python", "# import os\r\nprint(1)\r\n"},
		{"python", "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n# coding: how to\nx = 1"},
		{"python", "\"\"\"import os\nsubprocess\"\"\"\nx = 3 % 2"},
		{"python", "cost = 1; hostos = 2; print(cost, hostos)"},
		{"python", "import re; p = re.compile('x'); model.eval()"},
		{"python", "def compile(x): return x"},
		{"python", "import matplotlib.pyplot as plt"},
		{"python", "df = pandas.read_csv('data.csv')"},
		{"python", "print('see https://example.org')"[:len("print(")] + "'a', 'see https://example.org')"},
		{"python", "from . import helpers\nx = data['os']"},
		{"javascript", "import fs from 'fs'; // require('os')\nconst a = b / c / d; /* child_process */"},
		{"javascript", "const o = {os: 1}; console.log(`os ${o}`)"},
		{"javascript", "'require(\"os\")'"},
		{"go", "import \"fmt\"\nfunc main() { fmt.Println(`os`) }"},
	} {
		if d, err := g.Judge(source(tc.lang, tc.code)); err != nil || d.Verdict != kernel.Allow {
			t.Errorf("%s %q: %+v %v", tc.lang, tc.code, d, err)
		}
	}
	none := must(t, Config{DeniedModules: []string{}, Network: true})
	if d, _ := none.Judge(source("python", "import os, socket; os.system('ls')")); d.Verdict != kernel.Allow {
		t.Errorf("an empty list: %+v", d)
	}
}

func TestNetwork(t *testing.T) {
	off, on := must(t, Config{DeniedModules: []string{}}), must(t, Config{DeniedModules: []string{}, Network: true})
	for _, tc := range []struct{ lang, code string }{
		{"python", "import requests"}, {"python", "from urllib.request import urlopen"}, {"python", "import httpx as h"},
		{"python", "pandas.read_csv('https://a.org/x.csv')"}, {"python", "asyncio.open_connection('a', 1)"}, {"python", "import smtplib"},
		{"javascript", "fetch('/x')"}, {"javascript", "new WebSocket(u)"}, {"javascript", "require('https').get(u)"}, {"javascript", "import a from 'axios'"},
		{"go", "import \"net/http\""}, {"ruby", "require 'net/http'"}, {"perl", "use IO::Socket;"}, {"php", "curl_init($u);"}, {"unknown", "fetch(x)"},
	} {
		if d, err := off.Judge(source(tc.lang, tc.code)); err != nil || d.Verdict != kernel.Deny || d.Evidence[0].Rule != "rules.code_execution.network_access" {
			t.Errorf("%s %q: %+v %v", tc.lang, tc.code, d, err)
		}
		if d, _ := on.Judge(source(tc.lang, tc.code)); d.Verdict != kernel.Allow {
			t.Errorf("%s %q with network: %+v", tc.lang, tc.code, d)
		}
	}
	for _, v := range []any{true, "true", 1, "yes", []int{1}} {
		if d, _ := off.Judge(run(map[string]any{"code": "1", "allowNetwork": v})); d.Verdict != kernel.Deny {
			t.Errorf("%v: %+v", v, d)
		}
	}
	if d, _ := off.Judge(run(map[string]any{"code": "1", "network_access": false})); d.Verdict != kernel.Allow {
		t.Errorf("%+v", d)
	}
}

func TestLimits(t *testing.T) {
	ms := int64(5000)
	g := must(t, Config{Languages: []string{"Python", "js"}, MaxExecutionMS: &ms, MaxScanBytes: 100, Rule: "r"})
	for _, tc := range []struct {
		args map[string]any
		rule string
	}{
		{map[string]any{"language": "py", "code": "1"}, "r"},
		{map[string]any{"language": "NodeJS", "code": "1"}, "r"},
		{map[string]any{"language": "ruby", "code": "1"}, "r.language_allowlist"},
		{map[string]any{"code": "1"}, "r.language_allowlist"},
		{map[string]any{"language": "unknown", "code": "1"}, "r.language_allowlist"},
		{map[string]any{"language": "python", "lang": "ruby", "code": "1"}, "r.language_allowlist"},
		{map[string]any{"language": "python", "code": strings.Repeat("1", 101)}, "r.max_scan_bytes"},
		{map[string]any{"language": "python", "code": strings.Repeat("1", 100)}, "r"},
		{map[string]any{"language": "python", "code": "1", "timeout_ms": 5000}, "r"},
		{map[string]any{"language": "python", "code": "1", "timeout_ms": 5001}, "r.max_execution_time_ms"},
		{map[string]any{"language": "python", "code": "1", "timeoutMs": "5001"}, "r.max_execution_time_ms"},
		{map[string]any{"language": "python", "code": "1", "timeout": 5}, "r"},
		{map[string]any{"language": "python", "code": "1", "timeout": 5.5}, "r.max_execution_time_ms"},
		{map[string]any{"language": "python", "code": "1", "timeout": 1e300}, "r.max_execution_time_ms"},
		{map[string]any{"language": "python", "code": "1", "timeout": -1}, "r.max_execution_time_ms"},
		{map[string]any{"language": "python", "code": "1", "execution_time_ms": "soon"}, "r.max_execution_time_ms"},
	} {
		d, err := g.Judge(run(tc.args))
		if err != nil || d.Evidence[0].Rule != tc.rule || (d.Verdict == kernel.Allow) != (tc.rule == "r") {
			t.Errorf("%v: %+v %v, want %q", tc.args, d, err, tc.rule)
		}
	}
}

// TestI5_CodeFailsClosed: what cannot be judged is denied.
func TestI5_CodeFailsClosed(t *testing.T) {
	g := must(t, Config{})
	for _, r := range []*guard.Request{nil, {}, {Call: &kernel.Call{Mandate: &kernel.Mandate{}}}, run(map[string]any{"code": 3})} {
		if d, err := g.Judge(r); err != nil || d.Verdict != kernel.Deny || d.Evidence[0].Code != guard.CodeMalformed {
			t.Errorf("%+v %v", d, err)
		}
	}
	for _, g := range []*Guard{nil, {}} {
		if d, err := g.Judge(source("python", "1")); err != nil || d.Verdict != kernel.Deny {
			t.Errorf("a guard that New did not build: %+v %v", d, err)
		}
	}
	for _, code := range []string{
		"import json" + strings.Repeat(" ", defaultScanBytes),
		strings.Repeat("exec('", 12) + "import os",
		"f\"" + strings.Repeat("{f'", 9),
	} {
		_, err := g.Judge(source("python", code))
		if err != nil {
			t.Error(err)
		}
	}
	if d, _ := g.Judge(source("python", strings.Repeat("#", defaultScanBytes)+"\n")); d.Verdict != kernel.Deny {
		t.Errorf("padding: %+v", d)
	}
	for _, piece := range []string{"use a::", "import a, ", "import ", "require('a'+"} {
		long := must(t, Config{DeniedModules: []string{"zzz"}})
		if d, _ := long.Judge(source("unknown", strings.Repeat(piece, defaultScanBytes/len(piece)))); d.Verdict != kernel.Deny {
			t.Errorf("%q without end: %+v", piece, d)
		}
	}
	negative := int64(-1)
	for name, c := range map[string]Config{
		"time": {MaxExecutionMS: &negative}, "bytes": {MaxScanBytes: -1}, "bytes 2": {MaxScanBytes: maxScanBytes + 1},
		"language": {Languages: []string{""}}, "module": {DeniedModules: []string{""}},
	} {
		if _, err := New(c); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzCode(f *testing.F) {
	for _, s := range []string{"import os", "f'{x!r}' '''", "require(`a${b}`)", "exec('exec(\"x\")')", "/[/]/ \\u0041"} {
		f.Add(s, "python")
		f.Add(s, "javascript")
		f.Add(s, "unknown")
	}
	g := must(f, Config{})
	f.Fuzz(func(t *testing.T, code, lang string) {
		d, err := g.Judge(source(strings.ToValidUTF8(lang, ""), strings.ToValidUTF8(code, "?")))
		if err != nil || len(d.Evidence) != 1 {
			t.Fatal(d, err)
		}
	})
}
