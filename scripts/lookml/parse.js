// Reads a list of LookML projects from stdin, each its files' texts by their paths, and
// writes what lookml-parser makes of each: errors, manifest and models.
const parser = require('lookml-parser')

async function parse(files) {
  const source = Object.entries(files).map(([path, content]) => ({ path, content }))
  const quiet = { log() {}, info() {}, warn() {}, error() {} }
  const project = await parser.parseFiles({ source, fileOutput: 'by-name', console: quiet })
  parser.transformations.byCliFlags.s(project, {})
  const { errors = [], warnings = [], manifest = {}, model = {} } = project
  return { errors: errors.concat(warnings), manifest, model }
}

async function main() {
  const projects = JSON.parse(require('fs').readFileSync(0, 'utf8'))
  const parsed = []
  for (const files of projects) parsed.push(await parse(files))
  process.stdout.write(JSON.stringify(parsed))
}

main()
