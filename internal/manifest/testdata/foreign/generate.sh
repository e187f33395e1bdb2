#!/usr/bin/env bash
# generate.sh writes every file of this folder that another program has to write: see
# README.md. It needs python3, node with npm, java with mvn, soffice and ssconvert; what
# it installs besides goes into a folder that is deleted at the end.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TZ=Europe/Oslo PYTHONDONTWRITEBYTECODE=1

# quietly runs a command and shows what it said only if it failed.
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; return 1; }; }

# The programs, in versions that do not move.
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install openpyxl==3.1.5 XlsxWriter==3.3.1
npm install --silent --no-audit --no-fund --prefix "$work/npm" xlsx@0.18.5
export SHEETJS="$work/npm/node_modules/"
quietly mvn -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$work/poi"
javac -cp "$work/poi/*" -d "$work/poi" "$here/Poi.java"
mkdir -p "$work/profile/user" # LibreOffice with Norwegian settings
cat >"$work/profile/user/registrymodifications.xcu" <<'XCU'
<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry"><item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>nb-NO</value></prop></item></oor:items>
XCU

openpyxl() { "$work/venv/bin/python" "$here/with_openpyxl.py" "$@"; }
xlsxwriter() { "$work/venv/bin/python" "$here/with_xlsxwriter.py" "$@"; }
sheetjs() { node "$here/with_sheetjs.mjs" "$@"; }
poi() { quietly java -cp "$work/poi:$work/poi/*" Poi "$@"; }
soffice() { quietly env soffice -env:UserInstallation="file://$work/profile" --headless "$@"; }
libreoffice() { # LIST WORKBOOK [1904]
  python3 "$here/with_fods.py" "$1" "$work/$(basename "$2" .xlsx).fods" "${@:3}"
  soffice --convert-to xlsx --outdir "$here" "$work/$(basename "$2" .xlsx).fods"
}

# workbook PROGRAM VARIANT LIST [FLAG…] writes PROGRAM-VARIANT.xlsx.
workbook() { "$1" "$here/lists/$3.txt" "$here/$1-$2.xlsx" "${@:4}"; }

rm -f "$here"/*.xls? "$here"/*.xls "$here"/*.ods "$here"/*.csv "$here"/*.tsv
for program in libreoffice openpyxl xlsxwriter sheetjs poi; do
  for list in office marks faults escapes; do workbook $program $list $list; done
done
for program in openpyxl xlsxwriter sheetjs poi; do workbook $program formulas formulas; done # LibreOffice calculates what it loads
for program in libreoffice openpyxl xlsxwriter poi; do workbook $program 1904 office 1904; done # SheetJS says 1904 and counts from 1900
for program in xlsxwriter sheetjs poi; do workbook $program inline office inline; done
workbook poi inline-formulas formulas inline
workbook sheetjs iso office iso
for program in sheetjs poi; do $program "$here/lists/office.txt" "$here/$program-office.xlsm"; done
sheetjs "$here/lists/office.txt" "$here/sheetjs-office.xlsb"
for kind in ods xls; do # what we refuse
  soffice --convert-to $kind --outdir "$here" "$work/libreoffice-office.fods"
done
for list in office marks faults; do
  quietly ssconvert "$here/libreoffice-$list.xlsx" "$here/gnumeric-$list.xlsx"
done
python3 "$here/handmade.py" "$here"

# as_text NAME SEPARATOR ENCODING QUOTE_ALL: LibreOffice saves the office manifest as CSV, as shown.
as_text() {
  soffice --convert-to "csv:Text - txt - csv (StarCalc):$2,34,$3,1,,0,$4,false,true,false,false,1" --outdir "$work" "$here/libreoffice-office.xlsx"
  mv "$work"/libreoffice-office*.csv "$here/$1"
}
as_text libreoffice-utf-8.csv 59 76 false
as_text libreoffice-windows-1252.csv 59 1 false
as_text libreoffice-utf-16.csv 9 65535 false
as_text libreoffice-comma-quoted.csv 44 76 true
as_text libreoffice-tab.tsv 9 76 false
sheetjs "$here/lists/office.txt" "$here/sheetjs-office.csv" text
quietly ssconvert -O "separator=; quoting-mode=auto format=automatic" -T Gnumeric_stf:stf_assistant "$here/libreoffice-office.xlsx" "$here/gnumeric-office.txt"
python3 "$here/as_csv.py" "$here/lists/office.txt" "$here"

# What LibreOffice reads in every workbook's first sheet, cells not as shown but as they are.
soffice --convert-to "csv:Text - txt - csv (StarCalc):59,34,76,1,,0,false,false,false,false,false,1" --outdir "$work/read" "$here"/*.xlsx
python3 "$here/gather.py" "$work/read" >"$here/expected.csv"

{
  command soffice --version | head -1 | cut -d' ' -f1,2
  ssconvert --version 2>&1 | sed -n 's/.*ssconvert version .\([0-9.]*\).*/Gnumeric \1/p'
  "$work/venv/bin/pip" list --format=freeze | sed -n 's/==/ /; /openpyxl\|XlsxWriter\|xlsxwriter/p'
  echo "SheetJS (xlsx) $(node -p 'require(process.env.SHEETJS + "xlsx/package.json").version')"
  echo "Apache POI $(basename "$work"/poi/poi-ooxml-5*.jar .jar | sed 's/.*-//')"
  python3 --version
  echo "Node.js $(node --version)"
  java -version 2>&1 | head -1
} >"$here/versions.txt"
