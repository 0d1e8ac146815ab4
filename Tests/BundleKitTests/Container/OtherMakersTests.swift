// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Foundation
import SystemPackage
import TestSupport
import Testing

struct OtherMakersTests {
    private static let recipes: [(name: String, script: String)] = [
        ("zip", "zip -q -0 -X -D ../x.baimodel manifest.json checksums.txt model/a.gguf model/LICENSE"),
        ("zip with folders and times", "zip -q -0 -r ../x.baimodel ."),
        ("zip to a pipe", "zip -q -0 -r - . | cat > ../x.baimodel"),
        ("zip with ZIP64", "zip -q -0 -r -fz ../x.baimodel ."),
        ("bsdtar", "bsdtar -c -f ../x.baimodel --format zip --options zip:compression=store *"),
        ("7-Zip", "7z a -mx0 -tzip ../x.zip . > ../log && mv ../x.zip ../x.baimodel"),
        (
            "Python to a pipe",
            """
            python3 -c 'import sys,zipfile,os
            z=zipfile.ZipFile(sys.stdout.buffer,"w")
            for n in ["manifest.json","checksums.txt","model/a.gguf","model/LICENSE"]: z.write(n)
            z.close()' | cat > ../x.baimodel
            """
        ),
        (
            "Debian's Python with forced ZIP64",
            """
            /usr/bin/python3 -c 'import zipfile
            z=zipfile.ZipFile("../x.baimodel","w")
            for n in ["manifest.json","checksums.txt","model/a.gguf","model/LICENSE"]:
              with z.open(n,"w",force_zip64=True) as f: f.write(open(n,"rb").read())
            z.close()'
            """
        ),
    ]

    @Test(arguments: recipes.indices)
    func packageOfAnotherMakerIsRead(_ index: Int) throws {
        let recipe = Self.recipes[index]
        let scratch = try Scratch()
        for (name, bytes) in Sample().files { try scratch.write("p/\(name)", bytes) }
        try scratch.write("p/manifest.json", try Sample().manifest)
        try scratch.write("p/checksums.txt", try Sample().checksums)
        let made = try Program("bash").run(["-euc", recipe.script], in: scratch.path.appending("p").string)
        #expect(made.status == 0, "\(made)")
        let bytes = try scratch.bytes("x.baimodel")
        for reader in [
            try PackageReader.open(scratch.path.appending("x.baimodel")), try .open(piping: bytes, in: scratch),
        ] {
            let contents = try reader.contents(in: scratch)
            #expect(contents["model/a.gguf"] == Array("weights".utf8), "\(recipe.name)")
            #expect(contents.count == 3)
        }
    }
}
