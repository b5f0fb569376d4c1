#Requires -Version 7
using namespace System.Collections

$MaxItems = 100
$script:Total = 0

# What can happen.
enum Event {
    Added
    Cleared = 2
}

<#
.SYNOPSIS
What one buys.
#>
class Basket : Base {
    [string] $Name
    hidden [int] $Count = 0
    static [int] $Made

    Basket([string] $name) {
        $this.Name = $name
    }

    [bool] Add([object] $item) {
        $local = 1
        return $true
    }

    static [Basket] Empty() {
        return [Basket]::new("")
    }
}

# Adds an item.
function Add-Item {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)]
        [string] $Name,
        [int] $Count = 1
    )
    begin { }
    process {
        function Test-Inner($x) { $x }
        Write-Output $Name
    }
}

function global:Get-Total([int] $a) { $a }

filter Select-Big { if ($_ -gt 10) { $_ } }

workflow Deploy-Shop {
    Get-Date
}

Add-Item -Name "x"
