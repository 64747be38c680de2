/// <reference types="npm:@types/vscode@1.67.0" />
